#include "hw/power/power_manager.hpp"

#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>

namespace veilram {

PowerManager::PowerManager(const sc_core::sc_module_name& name, const PowerConfig& cfg) : sc_module(name), cfg_(cfg) {
    tsock.register_b_transport(this, &PowerManager::b_transport);
    SC_METHOD(input_method);
    sensitive << power_good_i;
    SC_METHOD(rail_method);
    sensitive << rail_ev_ << rst_ni;
    dont_initialize();
}

PowerManager::~PowerManager() = default;

void PowerManager::input_method() {
    const auto now = sc_core::sc_time_stamp();
    if (power_good_i.read()) {
        up_from_ = std::max(now, hold_until_) + to_sc_time(cfg_.ramp);
        up_until_ = sc_core::sc_max_time();
    } else {
        if (now >= hold_until_) hold_until_ = now + hold_up();
        up_until_ = now;
    }
    rail_ev_.cancel();
    rail_ev_.notify(sc_core::SC_ZERO_TIME);
}

/// How long the rail outlives power_good. Energy goes evenly over the time that locking takes.
sc_core::sc_time PowerManager::hold_up() {
    EmergencyRequest emergency;
    auto time = sc_core::SC_ZERO_TIME;
    if (!rail_q_ || cfg_.hold_up == Fj{} || send(emergency_isock, emergency, time) != tlm::TLM_OK_RESPONSE)
        return sc_core::SC_ZERO_TIME;
    return emergency.energy <= cfg_.hold_up ? time : time * (joules(cfg_.hold_up) / joules(emergency.energy));
}

void PowerManager::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    if (request_of<PowerOffRequest>(trans) == nullptr) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    up_until_ = sc_core::sc_time_stamp() + delay;
    rail_ev_.cancel();
    rail_ev_.notify(delay);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

/// Judges the moment itself, so that an event left over from before cannot raise the rail early.
void PowerManager::rail_method() {
    const auto now = sc_core::sc_time_stamp();
    rail_q_ = rst_ni.read() && (now < hold_until_ || (now >= up_from_ && now < up_until_));
    rail_o.write(rail_q_);
    const auto next = now < hold_until_ ? hold_until_ : now < up_from_ ? up_from_ : up_until_;
    if (now < next && next < sc_core::sc_max_time()) rail_ev_.notify(next - now);
}

void PowerManager::add_traces(TraceFile& file) const { file.add(*this, rail_q_, "rail"); }

} // namespace veilram
