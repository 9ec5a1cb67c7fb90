// The sign crossbar: sign rows of every compute crossbar, read out digitally (docs/model.md, section 3), and the
// journal of the layers whose signs are in clear (section 10).
#pragma once

#include "hw/crossbar/cell_requests.hpp"
#include "hw/crossbar/cell_store.hpp"
#include "hw/crossbar/cell_writer.hpp"
#include "hw/crossbar/crossbar_config.hpp"
#include "hw/sim/event_meter.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"

#include <systemc>

#include <cstdint>
#include <vector>

namespace veilram {

enum class SignCrossbarEvent : std::uint8_t { row_read, cell_write };

/// One bank of sign rows, and after them the rows of the journal. The cells survive power-off; a pulse that power cuts
/// short leaves either value. `cell_tsock` programs the cells and, through transport_dbg, shows them to a thief.
class SignCrossbar final : public CellWriter, public StatProvider, public Traceable {
public:
    static constexpr unsigned kReaders = 3; ///< converter, digital unit, scheduler

    sc_core::sc_vector<RequestTarget<SignCrossbar, RowReadRequest>> row_tsock{"row_tsock"};
    tlm_utils::simple_target_socket<SignCrossbar> cell_tsock{"cell_tsock"};

    SignCrossbar(const sc_core::sc_module_name& name, const SignCrossbarConfig& cfg);
    ~SignCrossbar() override;

    void collect(StatGroup& out) const override;
    Fj energy() const override { return meter_.energy(); }
    void add_traces(TraceFile& file) const override;

private:
    void row_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void cell_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    unsigned cell_debug(tlm::tlm_generic_payload& trans);
    bool has(const CellWrite& cell) override;
    std::int64_t address_bits() const override;
    void charge(std::int64_t verifies, std::int64_t pulses) override;

    const SignCrossbarConfig cfg_;
    CellStore cells_;
    EventMeter<SignCrossbarEvent, 2> meter_;
};

} // namespace veilram
