#include "hw/dram/dram_controller.hpp"

#include <algorithm>
#include <cmath>

namespace veilram {

DramController::DramController(const sc_core::sc_module_name& name, const DramSpec& spec)
    : sc_module(name), spec_(spec), clock_(std::round(spec.timing.clock_ns * 1000.0), sc_core::SC_PS),
      channel_(spec, [this](std::uint64_t id, std::int64_t cycle) { burst_done(id, cycle); }) {
    tsock.register_b_transport(this, &DramController::b_transport);
    tsock.register_nb_transport_fw(this, &DramController::nb_transport_fw);
    tsock.register_transport_dbg(this, &DramController::transport_dbg);
    SC_METHOD(cycle_method);
    sensitive << cycle_ev_;
    dont_initialize();
    SC_METHOD(response_method);
    sensitive << response_ev_;
    dont_initialize();
    SC_METHOD(end_method);
    sensitive << end_ev_;
    dont_initialize();
}

DramController::~DramController() = default;

/// The first cycle that starts at `time` or later.
std::int64_t DramController::cycle_of(const sc_core::sc_time& time) const {
    return static_cast<std::int64_t>((time.value() + clock_.value() - 1) / clock_.value());
}

DramController::Access DramController::access_of(const tlm::tlm_generic_payload& trans) const {
    const std::uint64_t bytes = spec_.geometry.burst_bytes;
    const std::uint64_t first = trans.get_address() / bytes;
    const std::uint64_t last = (trans.get_address() + trans.get_data_length() - 1) / bytes;
    Access access;
    access.first = first * bytes;
    access.bursts = access.open = static_cast<std::uint32_t>(last - first + 1);
    access.write = trans.is_write();
    return access;
}

std::uint64_t DramController::take(const Access& access) {
    accesses_.emplace(next_, access);
    return next_++;
}

/// Whether the access's next burst was taken in this cycle.
bool DramController::push_burst(std::uint64_t id) {
    Access& access = accesses_.at(id);
    if (!channel_.accepts(access.write)) return false;
    const std::uint64_t address = access.first + std::uint64_t{access.pushed} * spec_.geometry.burst_bytes;
    ++access.pushed;
    channel_.push(id, address, access.write);
    return true;
}

void DramController::burst_done(std::uint64_t id, std::int64_t cycle) {
    Access& access = accesses_.at(id);
    access.end = std::max(access.end, cycle);
    --access.open;
    respond_if_over(id);
}

void DramController::respond_if_over(std::uint64_t id) {
    const Access& access = accesses_.at(id);
    if (access.trans == nullptr || access.open > 0 || !access.accepted) return;
    responses_.emplace(std::max(time_of(access.end), sc_core::sc_time_stamp()), access.trans);
    accesses_.erase(id);
    response_ev_.notify(sc_core::SC_ZERO_TIME);
}

void DramController::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    sc_core::sc_time none = sc_core::SC_ZERO_TIME;
    memory_isock->b_transport(trans, none);
    if (!trans.is_response_ok()) return;
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    channel_.step_to(cycle_of(now + delay));
    const std::uint64_t id = take(access_of(trans));
    const Access& access = accesses_.at(id);
    while (access.open > 0) {
        if (access.pushed < access.bursts) push_burst(id);
        channel_.step();
    }
    delay = std::max(time_of(access.end), now + delay) - now;
    accesses_.erase(id);
}

tlm::tlm_sync_enum DramController::nb_transport_fw(tlm::tlm_generic_payload& trans, tlm::tlm_phase& phase,
                                                   sc_core::sc_time& delay) {
    if (phase == tlm::BEGIN_REQ) {
        if (trans.has_mm()) trans.acquire();
        Access access = access_of(trans);
        access.trans = &trans;
        const sc_core::sc_time now = sc_core::sc_time_stamp(), arrival = now + delay;
        arrivals_.emplace(arrival, take(access));
        cycle_ev_.notify(time_of(std::max(cycle_of(arrival), channel_.now())) - now);
        return tlm::TLM_ACCEPTED;
    }
    if (phase != tlm::END_RESP || responding_ != &trans) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE); // the initiator's mistake
        return tlm::TLM_COMPLETED;
    }
    end_response(delay);
    return tlm::TLM_COMPLETED;
}

/// One clock cycle, as long as there is something to do.
void DramController::cycle_method() {
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    if (time_of(channel_.now()) > now) { // loosely timed accesses ran ahead
        cycle_ev_.notify(time_of(channel_.now()) - now);
        return;
    }
    channel_.step_to(cycle_of(now));
    if (!arrivals_.empty() && arrivals_.begin()->first <= now) {
        const std::uint64_t id = arrivals_.begin()->second;
        Access& access = accesses_.at(id);
        if (!access.performed) {
            access.performed = true;
            sc_core::sc_time none = sc_core::SC_ZERO_TIME;
            memory_isock->b_transport(*access.trans, none);
            if (!access.trans->is_response_ok()) access.bursts = access.open = 0;
        }
        if (access.bursts > 0) push_burst(id);
        if (access.pushed == access.bursts) accept_front();
    }
    channel_.step();
    if (!channel_.idle() || !arrivals_.empty()) cycle_ev_.notify(time_of(channel_.now()) - now);
}

/// The access that came first is in the queues.
void DramController::accept_front() {
    const std::uint64_t id = arrivals_.begin()->second;
    arrivals_.erase(arrivals_.begin());
    Access& access = accesses_.at(id);
    access.accepted = true;
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    tsock->nb_transport_bw(*access.trans, phase, delay);
    respond_if_over(id);
}

void DramController::response_method() {
    if (responding_ != nullptr || responses_.empty()) return;
    const sc_core::sc_time now = sc_core::sc_time_stamp(), due = responses_.begin()->first;
    if (due > now) {
        response_ev_.notify(due - now);
        return;
    }
    tlm::tlm_generic_payload& trans = *responses_.begin()->second;
    responses_.erase(responses_.begin());
    responding_ = &trans;
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    const tlm::tlm_sync_enum answer = tsock->nb_transport_bw(trans, phase, delay);
    if (answer == tlm::TLM_COMPLETED || (answer == tlm::TLM_UPDATED && phase == tlm::END_RESP)) end_response(delay);
}

/// The response channel is free after `delay`.
void DramController::end_response(const sc_core::sc_time& delay) {
    if (responding_->has_mm()) responding_->release();
    end_ev_.notify(delay);
}

void DramController::end_method() {
    responding_ = nullptr;
    response_ev_.notify(sc_core::SC_ZERO_TIME);
}

void DramController::collect(StatGroup& out) const {
    const DramCounts counts = channel_.counts();
    out.count("activates", counts.activates, "rows opened");
    out.count("precharges", counts.precharges, "rows closed");
    out.count("reads", counts.reads, "bursts read");
    out.count("writes", counts.writes, "bursts written");
    out.count("forwarded", counts.forwarded, "reads that a buffered write answered");
    out.count("refreshes", counts.refreshes, "refreshes of all banks");
    out.energy("energy", energy(), "energy of the DRAM core, from its currents");
}

Fj DramController::energy() const {
    return Fj{static_cast<std::int64_t>(std::llround(energy_of(channel_.counts(), spec_).total() * 1000.0))};
}

} // namespace veilram
