#include "hw/isaac/isaac_writer.hpp"

#include "hw/sim/report.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>

namespace veilram {

IsaacWriter::IsaacWriter(const sc_core::sc_module_name& name, const IsaacWriterConfig& cfg)
    : CellWriter(name, *this, {cfg.verify, cfg.pulse, cfg.seed, "isaac pulses"}), cfg_(cfg),
      journal_(cfg.journal_rows, cfg.columns),
      meter_({{{"row_reads", "rows read, to verify and of the journal", cfg.verify},
               {"pulses", "steps of one level", cfg.pulse}}}) {
    journal_tsock.register_b_transport(this, &IsaacWriter::journal_transport);
    cell_tsock.register_b_transport(this, &IsaacWriter::cell_transport);
    cell_tsock.register_transport_dbg(this, &IsaacWriter::cell_debug);
}

IsaacWriter::~IsaacWriter() = default;

bool IsaacWriter::has(const CellWrite& cell) {
    if (cell.row < array_rows()) return cell.level >> cfg_.cell_bits == 0 && cell.column < row(cell.row).size();
    return cell.row < array_rows() + cfg_.journal_rows && cell.column < cfg_.columns && cell.level <= 1;
}

std::int64_t IsaacWriter::address_bits() const {
    std::int64_t bits = 0;
    for (std::size_t rest = (array_rows() + cfg_.journal_rows) * cfg_.columns - 1; rest > 0; rest /= 2) ++bits;
    return bits;
}

void IsaacWriter::charge(std::int64_t verifies, std::int64_t pulses) {
    meter_.charge(IsaacWriterEvent::row_read, verifies);
    meter_.charge(IsaacWriterEvent::pulse, pulses);
    meter_.spend(cfg_.verify.time * verifies + cfg_.pulse.time * pulses);
}

std::vector<std::uint8_t> IsaacWriter::row(std::size_t row) {
    IsaacRowRequest request{row / cfg_.rows, row % cfg_.rows, {}, {}};
    auto none = sc_core::SC_ZERO_TIME;
    VEILRAM_INVARIANT(send(row_isock, request, none) == tlm::TLM_OK_RESPONSE, "a row of ISAAC cannot be read");
    return std::move(request.digits);
}

std::uint8_t IsaacWriter::level(std::size_t row, std::size_t column) {
    return row < array_rows() ? this->row(row)[column] : journal_.level(row - array_rows(), column);
}

void IsaacWriter::set_level(std::size_t row, std::size_t column, std::uint8_t level) {
    if (row >= array_rows()) return journal_.set_level(row - array_rows(), column, level);
    IsaacRowRequest request{row / cfg_.rows, row % cfg_.rows, IsaacRowRequest::Write{column, level}, {}};
    auto none = sc_core::SC_ZERO_TIME;
    VEILRAM_INVARIANT(send(row_isock, request, none) == tlm::TLM_OK_RESPONSE, "a cell of ISAAC holds no weight");
}

void IsaacWriter::journal_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<RowReadRequest>(trans);
    if (request == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    if (request->row < array_rows() || request->row >= array_rows() + cfg_.journal_rows || request->reads < 1) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    finish_pulses();
    const Word* bits = journal_.bits().row(request->row - array_rows());
    request->bits.assign(bits, bits + journal_.bits().words_per_row());
    meter_.charge(IsaacWriterEvent::row_read, request->reads);
    meter_.spend(cfg_.verify.time * request->reads, delay);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

/// Weights come from the factory, changes of theirs from the scheduler.
void IsaacWriter::cell_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
    trans.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
}

unsigned IsaacWriter::cell_debug(tlm::tlm_generic_payload& trans) {
    if (!trans.is_read()) return 0;
    finish_pulses();
    unsigned done = 0;
    while (done < trans.get_data_length()) {
        const std::uint64_t at = trans.get_address() + done, row = at / cfg_.columns, column = at % cfg_.columns;
        if (row >= array_rows() + cfg_.journal_rows) break;
        std::vector<std::uint8_t> digits;
        if (row < array_rows()) digits = this->row(row);
        digits.resize(cfg_.columns);
        if (row >= array_rows())
            for (std::size_t c = 0; c < digits.size(); ++c) digits[c] = journal_.level(row - array_rows(), c);
        const auto count =
            static_cast<unsigned>(std::min<std::uint64_t>(trans.get_data_length() - done, cfg_.columns - column));
        std::copy_n(digits.begin() + static_cast<std::ptrdiff_t>(column), count, trans.get_data_ptr() + done);
        done += count;
    }
    return done;
}

void IsaacWriter::collect(StatGroup& out) const {
    meter_.collect(out);
    out.count("worn_cells", driver().worn_cells(), "cells that have seen pulses, the journal's among them");
    out.count("most_pulses", driver().most_pulses(), "pulses of the cell that has seen the most");
    out.count("torn_pulses", driver().torn(), "pulses that power cut short");
}

void IsaacWriter::add_traces(TraceFile& file) const { file.add(*this, writing(), "writing"); }

} // namespace veilram
