#include "hw/crossbar/sign_crossbar.hpp"

#include "hw/sim/base_protocol.hpp"
#include "hw/sim/sim_time.hpp"

namespace veilram {

SignCrossbar::SignCrossbar(const sc_core::sc_module_name& name, const SignCrossbarConfig& cfg)
    : sc_module(name), cfg_(cfg), cells_(cfg.rows, static_cast<std::size_t>(cfg.bits)),
      meter_({{{"row_reads", "sign rows read", cfg.row_read},
               {"cell_writes", "cells that changed state", cfg.cell_write}}}) {
    row_tsock.init(kReaders);
    for (auto& socket : row_tsock) socket.register_b_transport(this, &SignCrossbar::row_transport);
    cell_tsock.register_b_transport(this, &SignCrossbar::cell_transport);
    cell_tsock.register_transport_dbg(this, &SignCrossbar::cell_debug);
}

SignCrossbar::~SignCrossbar() = default;

void SignCrossbar::row_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<SignRowRequest>(trans);
    if (request == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    if (request->row >= cfg_.rows || request->reads < 1) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    const Word* row = cells_.bits().row(request->row);
    request->bits.assign(row, row + cells_.bits().words_per_row());
    meter_.charge(SignCrossbarEvent::row_read, request->reads);
    delay += to_sc_time(cfg_.row_read.time * request->reads);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

void SignCrossbar::cell_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    if (!accept(trans, cells_.size())) return;
    if (!rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    const int changed = cells_.access(trans);
    meter_.charge(SignCrossbarEvent::cell_write, changed);
    delay += trans.is_write() ? to_sc_time(cfg_.cell_write.time * changed) : to_sc_time(cfg_.row_read.time);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

} // namespace veilram
