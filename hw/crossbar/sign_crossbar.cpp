#include "hw/crossbar/sign_crossbar.hpp"

#include "hw/sim/base_protocol.hpp"
#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

namespace veilram {

SignCrossbar::SignCrossbar(const sc_core::sc_module_name& name, const SignCrossbarConfig& cfg)
    : CellWriter(name, cells_, {cfg.row_read, cfg.cell_write, cfg.seed, "sign crossbar pulses"}), cfg_(cfg),
      cells_(cfg.rows + cfg.journal_rows, static_cast<std::size_t>(cfg.bits)),
      meter_({{{"row_reads", "sign rows read", cfg.row_read},
               {"cell_writes", "cells that got a pulse", cfg.cell_write}}}) {
    row_tsock.init(kReaders);
    for (auto& socket : row_tsock) socket.register_b_transport(this, &SignCrossbar::row_transport);
    cell_tsock.register_b_transport(this, &SignCrossbar::cell_transport);
    cell_tsock.register_transport_dbg(this, &SignCrossbar::cell_debug);
}

SignCrossbar::~SignCrossbar() = default;

void SignCrossbar::row_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<RowReadRequest>(trans);
    if (request == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    if (request->row >= cells_.bits().rows() || request->reads < 1) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    finish_pulses();
    const Word* row = cells_.bits().row(request->row);
    request->bits.assign(row, row + cells_.bits().words_per_row());
    meter_.charge(SignCrossbarEvent::row_read, request->reads);
    meter_.spend(cfg_.row_read.time * request->reads, delay);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

bool SignCrossbar::has(const CellWrite& cell) {
    return cell.row < cells_.bits().rows() && cell.column < cells_.bits().cols() && cell.level <= 1;
}

std::int64_t SignCrossbar::address_bits() const {
    std::int64_t bits = 0;
    for (const std::size_t places : {cells_.bits().rows(), cells_.bits().cols()})
        for (std::size_t rest = places - 1; rest > 0; rest /= 2) ++bits;
    return bits;
}

/// Verifying is reading a row.
void SignCrossbar::charge(std::int64_t verifies, std::int64_t pulses) {
    meter_.charge(SignCrossbarEvent::row_read, verifies);
    meter_.charge(SignCrossbarEvent::cell_write, pulses);
    meter_.spend(cfg_.row_read.time * verifies + cfg_.cell_write.time * pulses);
}

void SignCrossbar::cell_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    if (!accept(trans, cells_.size())) return;
    if (!rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    finish_pulses();
    const int changed = cells_.access(trans);
    meter_.charge(SignCrossbarEvent::cell_write, changed);
    meter_.spend(trans.is_write() ? cfg_.cell_write.time * changed : cfg_.row_read.time, delay);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

unsigned SignCrossbar::cell_debug(tlm::tlm_generic_payload& trans) {
    finish_pulses();
    return cells_.debug(trans);
}

void SignCrossbar::collect(StatGroup& out) const {
    meter_.collect(out);
    out.count("most_pulses", driver().most_pulses(), "pulses of the cell that has seen the most");
    out.count("torn_pulses", driver().torn(), "pulses that power cut short");
}

void SignCrossbar::add_traces(TraceFile& file) const { file.add(*this, writing(), "writing"); }

} // namespace veilram
