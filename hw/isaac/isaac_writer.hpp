// The write path of ISAAC's crossbars, and the journal of the layers whose weights are in clear.
#pragma once

#include "hw/crossbar/cell_store.hpp"
#include "hw/crossbar/cell_writer.hpp"
#include "hw/isaac/isaac_ima.hpp"
#include "hw/sim/event_meter.hpp"
#include "hw/sim/services.hpp"

#include <systemc>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <vector>

namespace veilram {

struct IsaacWriterConfig {
    std::uint32_t arrays = 1;    ///< of the chip
    std::uint32_t rows = 128;    ///< of an array
    std::uint32_t columns = 128; ///< without the unit column
    int cell_bits = 2;
    std::uint32_t journal_rows = 1; ///< of as many bits as an array has columns
    Cost verify;                    ///< one read of a cell
    Cost pulse;                     ///< one step of one level
    std::uint64_t seed = 1;
};

enum class IsaacWriterEvent : std::uint8_t { row_read, pulse };

/// Rows are numbered through: those of all arrays, then those of the journal. One driver writes them all, so that the
/// journal's order is that of the writes. Levels are digits (models/isaac). `cell_tsock` is the microscope: debug
/// access only, one byte a digit, a row after the other; cells that no weight uses read 0.
class IsaacWriter final : public CellWriter, private WritableCells, public StatProvider, public Traceable {
public:
    RequestTarget<IsaacWriter, RowReadRequest> journal_tsock{"journal_tsock"}; ///< from the scheduler
    tlm_utils::simple_target_socket<IsaacWriter> cell_tsock{"cell_tsock"};
    RequestInitiator<IsaacWriter, IsaacRowRequest> row_isock{"row_isock"};

    IsaacWriter(const sc_core::sc_module_name& name, const IsaacWriterConfig& cfg);
    ~IsaacWriter() override;

    void collect(StatGroup& out) const override;
    Fj energy() const override { return meter_.energy(); }
    void add_traces(TraceFile& file) const override;

private:
    bool has(const CellWrite& cell) override;
    std::int64_t address_bits() const override;
    void charge(std::int64_t verifies, std::int64_t pulses) override;
    std::uint8_t level(std::size_t row, std::size_t column) override;
    void set_level(std::size_t row, std::size_t column, std::uint8_t level) override;

    void journal_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void cell_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    unsigned cell_debug(tlm::tlm_generic_payload& trans);
    /// One digit a column that holds weights.
    std::vector<std::uint8_t> row(std::size_t row);
    std::size_t array_rows() const { return std::size_t{cfg_.arrays} * cfg_.rows; }

    const IsaacWriterConfig cfg_;
    CellStore journal_;
    EventMeter<IsaacWriterEvent, 2> meter_;
};

} // namespace veilram
