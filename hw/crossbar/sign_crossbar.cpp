#include "hw/crossbar/sign_crossbar.hpp"

#include "hw/sim/base_protocol.hpp"
#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>

namespace veilram {

SignCrossbar::SignCrossbar(const sc_core::sc_module_name& name, const SignCrossbarConfig& cfg)
    : sc_module(name), cfg_(cfg), cells_(cfg.rows + cfg.journal_rows, static_cast<std::size_t>(cfg.bits)),
      rng_(make_rng(cfg.seed, "sign crossbar pulses")),
      meter_({{{"row_reads", "sign rows read", cfg.row_read},
               {"cell_writes", "cells that got a pulse", cfg.cell_write}}}) {
    row_tsock.init(kReaders);
    for (auto& socket : row_tsock) socket.register_b_transport(this, &SignCrossbar::row_transport);
    write_tsock.register_b_transport(this, &SignCrossbar::write_transport);
    cell_tsock.register_b_transport(this, &SignCrossbar::cell_transport);
    cell_tsock.register_transport_dbg(this, &SignCrossbar::cell_debug);
    SC_METHOD(pulse_method);
    sensitive << pulse_ev_;
    dont_initialize();
    SC_METHOD(rail_method);
    sensitive << rail_i.neg();
    dont_initialize();
}

SignCrossbar::~SignCrossbar() = default;

void SignCrossbar::row_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<SignRowRequest>(trans);
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

void SignCrossbar::write_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<SignWriteRequest>(trans);
    if (request == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    const bool fits = std::all_of(request->cells.begin(), request->cells.end(), [&](const auto& cell) {
        return cell.row < cells_.bits().rows() && cell.column < cells_.bits().cols();
    });
    if (!fits) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    finish_pulses();
    if (request->abandon) {
        pulses_.abandon(to_ps(sc_core::sc_time_stamp()));
        decay();
    }
    writing_q_ = !pulses_.empty();
    write(*request, delay);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

/// Verifying takes the time of a row read, also where no pulse follows. Without cells: the time until all is written.
void SignCrossbar::write(SignWriteRequest& request, sc_core::sc_time& delay) {
    const Ps now = to_ps(sc_core::sc_time_stamp());
    Ps from = std::max(now + to_ps(delay), pulses_.end(now));
    for (const auto& cell : request.cells) {
        from += cfg_.row_read.time;
        meter_.spend(cfg_.row_read.time);
        meter_.charge(SignCrossbarEvent::row_read);
        const bool stands = pulses_.value_of(cell.row, cell.column).value_or(cells_.bits().get(cell.row, cell.column));
        if (stands == cell.value) continue;
        pulses_.add(cell.row, cell.column, cell.value, from, cfg_.cell_write.time);
        from = pulses_.end(from);
    }
    request.energy = cfg_.cell_write.energy * static_cast<std::int64_t>(pulses_.size());
    delay = to_sc_time(from - now);
    if (pulses_.empty()) return;
    writing_q_ = true;
    pulse_ev_.notify(to_sc_time(pulses_.next_end() - now));
}

void SignCrossbar::finish_pulses() {
    while (const auto pulse = pulses_.finished(to_ps(sc_core::sc_time_stamp()))) {
        cells_.set(pulse->row, pulse->column, pulse->value);
        meter_.charge(SignCrossbarEvent::cell_write);
        meter_.spend(cfg_.cell_write.time);
        ++wear_[{pulse->row, pulse->column}];
    }
}

void SignCrossbar::pulse_method() {
    finish_pulses();
    writing_q_ = !pulses_.empty();
    if (writing_q_) pulse_ev_.notify(to_sc_time(pulses_.next_end()) - sc_core::sc_time_stamp());
}

/// The queue holds an address and a value for each pulse, and which signs are flipped is secret.
RemanentBits SignCrossbar::queued() const {
    std::int64_t address = 1;
    for (const std::size_t places : {cells_.bits().rows(), cells_.bits().cols()})
        for (std::size_t rest = places - 1; rest > 0; rest /= 2) ++address;
    return {static_cast<std::int64_t>(pulses_.size()) * address, 0};
}

void SignCrossbar::rail_method() {
    finish_pulses();
    lose(queued());
    pulse_ev_.cancel();
    writing_q_ = false;
    const auto torn = pulses_.cut(to_ps(sc_core::sc_time_stamp()), rng_);
    if (!torn) return;
    cells_.set(torn->row, torn->column, torn->value);
    meter_.charge(SignCrossbarEvent::cell_write);
    ++wear_[{torn->row, torn->column}];
    ++torn_;
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
    const auto most =
        std::max_element(wear_.begin(), wear_.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    out.count("most_pulses", most == wear_.end() ? 0 : most->second, "pulses of the cell that has seen the most");
    out.count("torn_pulses", torn_, "pulses that power cut short");
}

void SignCrossbar::add_traces(TraceFile& file) const { file.add(*this, writing_q_, "writing"); }

} // namespace veilram
