// The runtime encryption scheduler: the only block that moves secrets (docs/model.md, section 10).
#pragma once

#include "hw/converter/sign_bit_converter.hpp"
#include "hw/crypto/crypto_engine.hpp"
#include "hw/digital/mask_load.hpp"
#include "hw/gsl/gsl_selector.hpp"
#include "hw/res/res_core.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"

#include <systemc>

#include <cstdint>

namespace veilram {

/// One step of boot, inference or shutdown, asked for by the tile controller.
struct SchedulerRequest {
    enum class Action : std::uint8_t { begin_boot, unseal, end_boot, unlock, lock, shutdown, memory_fault, query };
    Action action = Action::query;
    int layers = 0;                   ///< begin_boot
    int layer = 0;                    ///< unseal, unlock, lock
    SealHeader header;                ///< unseal
    std::uint64_t address = 0;        ///< unseal: of the blob
    std::uint32_t size = 0;           ///< unseal
    std::uint32_t first_crossbar = 0; ///< unlock: of the layer
    ResState state = ResState::off;   ///< answer
    ResFault fault = ResFault::none;  ///< answer
};

struct SchedulerConfig {
    ResPolicy policy = ResPolicy::per_layer;
    ArrayGeometry array;
};

/// Unlocking copies one layer's secrets from the key store into the GSL selector, the sign-bit converter and the
/// digital unit; locking zeroises them. Every action takes its whole time in one call; the state follows on the time
/// axis. A refused blob leads to FAULT, and then nothing is unlocked until the next power cycle.
class RuntimeEncryptionScheduler final : public sc_core::sc_module, public StatProvider, public Traceable {
public:
    RequestTarget<RuntimeEncryptionScheduler, SchedulerRequest> tsock{"tsock"};
    RequestInitiator<RuntimeEncryptionScheduler, UnsealRequest> crypto_isock{"crypto_isock"};
    RequestInitiator<RuntimeEncryptionScheduler, KeySlotRequest> key_isock{"key_isock"};
    RequestInitiator<RuntimeEncryptionScheduler, GslLoad> gsl_isock{"gsl_isock"};
    RequestInitiator<RuntimeEncryptionScheduler, StartLoad> start_isock{"start_isock"};
    RequestInitiator<RuntimeEncryptionScheduler, MaskLoad> mask_isock{"mask_isock"};
    sc_core::sc_in<bool> rail_i{"rail_i"};

    SC_HAS_PROCESS(RuntimeEncryptionScheduler);
    RuntimeEncryptionScheduler(const sc_core::sc_module_name& name, const SchedulerConfig& cfg);
    ~RuntimeEncryptionScheduler() override;

    void collect(StatGroup& out) const override;
    Fj energy() const override { return Fj{}; }
    void add_traces(TraceFile& file) const override;

private:
    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void act(SchedulerRequest& request, sc_core::sc_time& delay);
    void unseal(SchedulerRequest& request, sc_core::sc_time& delay);
    void unlock(const SchedulerRequest& request, sc_core::sc_time& delay);
    void lock(const SchedulerRequest& request, sc_core::sc_time& delay);
    void shutdown(sc_core::sc_time& delay);
    bool distribute(const LayerSecrets& secrets, std::uint32_t first_crossbar, sc_core::sc_time& delay);
    bool zeroise(sc_core::sc_time& delay);
    void settle_at(const sc_core::sc_time& delay);
    void settle();
    void settle_method() { settle(); }
    void end_exposure(const sc_core::sc_time& end);
    void rail_method();
    void publish();

    const SchedulerConfig cfg_;
    ResCore core_;
    sc_core::sc_event settle_ev_{"settle_ev"};
    sc_core::sc_time settle_time_ = sc_core::SC_ZERO_TIME;
    bool settling_ = false;
    std::int64_t unlocks_ = 0;
    std::int64_t locks_ = 0;
    bool exposed_ = false; ///< some layer's secrets are in the registers, or on their way
    sc_core::sc_time clear_since_ = sc_core::SC_ZERO_TIME;
    sc_core::sc_time clear_time_ = sc_core::SC_ZERO_TIME; ///< total time in which some layer was in clear
    unsigned state_q_ = 0;
    int layer_q_ = -1;
};

} // namespace veilram
