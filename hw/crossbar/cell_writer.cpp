#include "hw/crossbar/cell_writer.hpp"

#include "hw/sim/sim_time.hpp"

#include <algorithm>

namespace veilram {

CellWriter::CellWriter(const sc_core::sc_module_name& name, WritableCells& cells, const CellWriterConfig& cfg)
    : sc_module(name), cfg_(cfg), driver_(cells, cfg.verify.time, cfg.pulse.time, cfg.seed, cfg.stream) {
    write_tsock.register_b_transport(this, &CellWriter::write_transport);
    SC_METHOD(pulse_method);
    sensitive << pulse_ev_;
    dont_initialize();
    SC_METHOD(fall_method);
    sensitive << rail_i.neg();
    dont_initialize();
}

CellWriter::~CellWriter() = default;

void CellWriter::write_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<CellWriteRequest>(trans);
    if (request == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    const auto& cells = request->cells;
    if (!std::all_of(cells.begin(), cells.end(), [this](const CellWrite& cell) { return has(cell); })) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    finish_pulses();
    if (request->abandon) driver_.abandon(to_ps(sc_core::sc_time_stamp()));
    if (request->abandon || driver_.idle()) decay(); // the queue is cleared of what an earlier life left
    write(*request, delay);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

/// Without cells: the time until all is written.
void CellWriter::write(CellWriteRequest& request, sc_core::sc_time& delay) {
    const Ps now = to_ps(sc_core::sc_time_stamp());
    const WriteDriver::Queued queued = driver_.write(request.cells, now + to_ps(delay));
    charge(queued.verifies, 0);
    request.energy = cfg_.pulse.energy * driver_.pending();
    delay = to_sc_time(queued.end - now);
    writing_q_ = !driver_.idle();
    if (writing_q_) pulse_ev_.notify(to_sc_time(driver_.next_end() - now));
}

void CellWriter::finish_pulses() { charge(0, driver_.finish(to_ps(sc_core::sc_time_stamp()))); }

void CellWriter::pulse_method() {
    finish_pulses();
    writing_q_ = !driver_.idle();
    if (writing_q_) pulse_ev_.notify(to_sc_time(driver_.next_end()) - sc_core::sc_time_stamp());
}

/// The queue holds an address and a level for each pulse.
void CellWriter::fall_method() {
    finish_pulses();
    lose({driver_.pending() * (address_bits() + 1), 0});
    pulse_ev_.cancel();
    writing_q_ = false;
    if (driver_.cut(to_ps(sc_core::sc_time_stamp()))) charge(0, 1);
}

} // namespace veilram
