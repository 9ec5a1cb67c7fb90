// The runtime encryption scheduler: the only block that moves secrets (docs/model.md, section 10).
#pragma once

#include "hw/crossbar/cell_requests.hpp"
#include "hw/crypto/crypto_engine.hpp"
#include "hw/power/emergency.hpp"
#include "hw/res/exposure.hpp"
#include "hw/res/res_pin_machine.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"

#include <systemc>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace veilram {

/// One step of boot, inference or shutdown, asked for by whoever runs the network (SchedulerClient).
struct SchedulerRequest {
    /// `await`: the time until a layer that is on its way has arrived.
    enum class Action : std::uint8_t {
        begin_boot,
        unseal,
        end_boot,
        unlock,
        await,
        lock,
        shutdown,
        memory_fault,
        query
    };
    Action action = Action::query;
    int layers = 0;                              ///< begin_boot
    int layer = 0;                               ///< unseal, unlock, await, lock
    SealHeader header;                           ///< unseal
    std::uint64_t address = 0;                   ///< unseal: of the blob
    std::uint32_t size = 0;                      ///< unseal
    std::uint32_t first_crossbar = 0;            ///< unseal: of the layer
    std::int64_t weights = 0;                    ///< unlock: in the layer
    ResState state = ResState::off;              ///< answer
    LayerState layer_state = LayerState::locked; ///< answer: of `layer`
    ResFault fault = ResFault::none;             ///< answer
};

struct SchedulerConfig {
    ResPolicy policy = ResPolicy::per_layer;
    std::uint32_t journal_row = 0;    ///< first row of the journal, among the cells that are written
    std::uint32_t journal_bits = 256; ///< of one of its rows
    std::uint32_t layers = 1;         ///< bits of the journal
    bool zeroise_at_boot = false;     ///< volatile memories may still hold what an earlier life left
    Implementation implementation = Implementation::systemc; ///< of the state machine
};

/// A cell whose level is another at rest than when its layer is in clear. Both are absolute.
struct SecretCell {
    std::uint32_t row = 0, column = 0;
    std::uint8_t at_rest = 0, clear = 0;
};

/// States, policies, the journal and the pulses; what a layer's secrets are and where they go is the business of
/// derived classes. Unlocking loads registers and writes cells from their level at rest to the clear one; locking
/// zeroises and writes them back. Every action takes its whole time in one call; the state follows on the time axis. A
/// refused blob leads to FAULT, and then nothing is unlocked until the next power cycle. Before a layer's first cell is
/// written its bit in the journal is, and after the last one is written back that bit is cleared: a boot that finds it
/// set writes the layer's cells back first.
class RuntimeEncryptionScheduler : public sc_core::sc_module, public StatProvider, public Traceable {
public:
    RequestTarget<RuntimeEncryptionScheduler, SchedulerRequest> tsock{"tsock"};
    RequestTarget<RuntimeEncryptionScheduler, EmergencyRequest> emergency_tsock{"emergency_tsock"};
    RequestInitiator<RuntimeEncryptionScheduler, UnsealRequest> crypto_isock{"crypto_isock"};
    RequestInitiator<RuntimeEncryptionScheduler, KeySlotRequest> key_isock{"key_isock"};
    RequestInitiator<RuntimeEncryptionScheduler, RowReadRequest> row_isock{"row_isock"}; ///< to the journal
    RequestInitiator<RuntimeEncryptionScheduler, CellWriteRequest> write_isock{"write_isock"};
    sc_core::sc_in<bool> rail_i{"rail_i"};

    SC_HAS_PROCESS(RuntimeEncryptionScheduler);
    ~RuntimeEncryptionScheduler() override;

    void record(TwinWave* wave) { core_->record(wave); }

    void collect(StatGroup& out) const override;
    Fj energy() const override { return Fj{}; }
    void add_traces(TraceFile& file) const override;

protected:
    /// `pins` is needed where the implementation has any, and must outlive the module.
    RuntimeEncryptionScheduler(const sc_core::sc_module_name& name, const SchedulerConfig& cfg, PinClock* pins);

    /// Where a layer's crossbars begin; the answer to what was said when the layer was unsealed.
    std::uint32_t first_crossbar(int layer) const { return places_.at(layer).first_crossbar; }

private:
    /// Loads the registers that hold a layer's secrets, whose plain text is `secret`; false when they refuse.
    virtual bool load(int layer, const Bytes& secret, sc_core::sc_time& delay) = 0;
    /// Empties them, of one layer or of all.
    virtual bool zeroise(std::optional<int> layer, sc_core::sc_time& delay) = 0;
    /// What else is to be written, in this order. Throws ModelError on a malformed secret: it was authenticated.
    virtual std::vector<SecretCell> cells_of(int layer, const Bytes& secret) const = 0;

    using Cells = std::vector<CellWrite>;
    struct Place {
        std::uint32_t first_crossbar = 0;
        bool written = false; ///< its cells are in clear at the moment, or on their way
    };

    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void emergency_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void act(SchedulerRequest& request, sc_core::sc_time& delay);
    void begin_boot(int layers, sc_core::sc_time& delay);
    void unseal(SchedulerRequest& request, sc_core::sc_time& delay);
    void end_boot(sc_core::sc_time& delay);
    void unlock(const SchedulerRequest& request, sc_core::sc_time& delay);
    void await(int layer, sc_core::sc_time& delay) const;
    void lock(int layer, sc_core::sc_time& delay);
    void shutdown(sc_core::sc_time& delay);
    Fj close_all(sc_core::sc_time& delay);
    void erase_keys(sc_core::sc_time& delay);

    std::optional<Bytes> read_secret(int layer, sc_core::sc_time& delay);
    CellWrite journal_cell(int layer, bool value) const;
    bool write_clear(int layer, const Bytes& secret, sc_core::sc_time& delay);
    bool write_rest(int layer, bool abandon, sc_core::sc_time& delay);
    bool write_cells(Cells cells, bool abandon, sc_core::sc_time& delay);
    bool in_journal(int layer, sc_core::sc_time& delay);

    void finish_pulses();
    void settle_at(int layer, const sc_core::sc_time& delay);
    void settle();
    void arrive(int layer, const sc_core::sc_time& at);
    void settle_method() { settle(); }
    void rail_method();
    void start_pins(const sc_core::sc_time& delay = sc_core::SC_ZERO_TIME);
    void publish();

    const SchedulerConfig cfg_;
    PinClock* const pins_; ///< null without pins
    std::unique_ptr<ResMachine> core_;
    sc_core::sc_event settle_ev_{"settle_ev"};
    /// When the layers that are on their way arrive; -1 stands for the shutdown.
    std::map<int, sc_core::sc_time> arrivals_;
    std::map<int, Place> places_; ///< of every layer that was unsealed
    std::int64_t unlocks_ = 0;
    std::int64_t locks_ = 0;
    std::int64_t recoveries_ = 0;
    std::map<SchedulerRequest::Action, Ps> spent_; ///< time of the steps that were asked for
    Exposure exposure_;
    std::optional<sc_core::sc_time> exposed_until_; ///< when everything that is being closed will be
    unsigned state_q_ = 0;
    int layer_q_ = -1;
    unsigned open_q_ = 0; ///< layers that are not locked
};

} // namespace veilram
