// The sign crossbar: sign rows of every compute crossbar, read out digitally (docs/model.md, section 3), and the
// journal of the layers whose signs are in clear (section 10).
#pragma once

#include "hw/crossbar/cell_store.hpp"
#include "hw/crossbar/crossbar_config.hpp"
#include "hw/crossbar/pulse_train.hpp"
#include "hw/power/remanence.hpp"
#include "hw/sim/event_meter.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"

#include <systemc>

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace veilram {

/// Reads of one row. The row's bits are the stored ones: masked, when the image masks its signs.
struct SignRowRequest {
    std::uint32_t row = 0;  ///< crossbar * n + i
    std::int64_t reads = 1; ///< how often the row is read in this burst
    std::vector<Word> bits; ///< answer
};

/// Brings cells to absolute values, one after another in this order: each is verified, and gets a pulse when it
/// differs.
struct SignWriteRequest {
    struct Cell {
        std::uint32_t row = 0, column = 0;
        bool value = false;
    };
    std::vector<Cell> cells;
    bool abandon = false; ///< first forget the pulses that were asked for before and have not begun
    Fj energy;            ///< answer: of the pulses that are not over, these and those asked for before
};

enum class SignCrossbarEvent : std::uint8_t { row_read, cell_write };

/// One bank of sign rows, and after them the rows of the journal. The cells survive power-off; a pulse that power cuts
/// short leaves either value. `cell_tsock` programs the cells and, through transport_dbg, shows them to a thief.
class SignCrossbar final : public sc_core::sc_module, public RemanentMemory, public StatProvider, public Traceable {
public:
    static constexpr unsigned kReaders = 3; ///< converter, digital unit, scheduler

    sc_core::sc_vector<RequestTarget<SignCrossbar, SignRowRequest>> row_tsock{"row_tsock"};
    RequestTarget<SignCrossbar, SignWriteRequest> write_tsock{"write_tsock"}; ///< from the scheduler
    tlm_utils::simple_target_socket<SignCrossbar> cell_tsock{"cell_tsock"};
    sc_core::sc_in<bool> rail_i{"rail_i"};

    SC_HAS_PROCESS(SignCrossbar);
    SignCrossbar(const sc_core::sc_module_name& name, const SignCrossbarConfig& cfg);
    ~SignCrossbar() override;

    void collect(StatGroup& out) const override;
    Fj energy() const override { return meter_.energy(); }
    void add_traces(TraceFile& file) const override;

private:
    void row_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void write_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void cell_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    unsigned cell_debug(tlm::tlm_generic_payload& trans);
    void write(SignWriteRequest& request, sc_core::sc_time& delay);
    void finish_pulses();
    void pulse_method();
    void rail_method();
    RemanentBits queued() const;

    const SignCrossbarConfig cfg_;
    CellStore cells_;
    PulseTrain pulses_;
    Rng rng_; ///< of pulses that are cut short
    sc_core::sc_event pulse_ev_{"pulse_ev"};
    std::map<std::pair<std::size_t, std::size_t>, std::int64_t> wear_; ///< pulses that a cell has seen
    std::int64_t torn_ = 0;                                            ///< pulses that power cut short
    EventMeter<SignCrossbarEvent, 2> meter_;
    bool writing_q_ = false;
};

} // namespace veilram
