#include "hw/power/power_manager.hpp"

#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>
#include <utility>

namespace veilram {

PowerManager::PowerManager(const sc_core::sc_module_name& name, const PowerConfig& cfg) : sc_module(name), cfg_(cfg) {
    tsock.register_b_transport(this, &PowerManager::b_transport);
    SC_METHOD(input_method);
    sensitive << power_good_i;
    SC_METHOD(dip_method);
    sensitive << dip_ev_;
    dont_initialize();
    SC_METHOD(rail_method);
    sensitive << rail_ev_ << rst_ni;
    dont_initialize();
    SC_METHOD(fallen_method);
    sensitive << rail_o;
    dont_initialize();
    SC_METHOD(decay_method);
    sensitive << decay_ev_;
    dont_initialize();
}

PowerManager::~PowerManager() = default;

bool PowerManager::is_supplied() const {
    const auto now = sc_core::sc_time_stamp();
    return now >= up_from_ && now < up_until_;
}

void PowerManager::input_method() {
    if (power_good_i.read()) {
        rise();
    } else if (cfg_.ride_through == Ps{} || !is_supplied()) {
        fall();
    } else {
        dips_ = true;
        dip_until_ = sc_core::sc_time_stamp() + to_sc_time(cfg_.ride_through);
        dip_ev_.notify(to_sc_time(cfg_.ride_through));
    }
}

void PowerManager::rise() {
    const auto now = sc_core::sc_time_stamp();
    if (std::exchange(dips_, false)) {
        dip_ev_.cancel();
        if (now < dip_until_ && is_supplied()) return;
        if (now >= dip_until_) fall(); // in this very instant, whichever process runs first
    }
    up_from_ = std::max(now, hold_until_) + to_sc_time(cfg_.ramp);
    up_until_ = sc_core::sc_max_time();
    rail_ev_.cancel();
    rail_ev_.notify(sc_core::SC_ZERO_TIME);
}

void PowerManager::fall() {
    const auto now = sc_core::sc_time_stamp();
    if (now >= hold_until_) hold_until_ = now + hold_up();
    up_until_ = now;
    rail_ev_.cancel();
    rail_ev_.notify(sc_core::SC_ZERO_TIME);
}

void PowerManager::dip_method() {
    dips_ = false;
    fall();
}

/// How long the rail outlives power_good. Energy goes evenly over the time that locking takes.
sc_core::sc_time PowerManager::hold_up() {
    EmergencyRequest emergency;
    auto time = sc_core::SC_ZERO_TIME;
    if (!rail_q_ || cfg_.hold_up == Fj{} || send(emergency_isock, emergency, time) != tlm::TLM_OK_RESPONSE)
        return sc_core::SC_ZERO_TIME;
    for (int i = 0; i < memory_port.size(); ++i) memory_port[i]->power_fails();
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

/// The memories are told one delta cycle after they have noticed the rail themselves. In a reset that is held they are
/// cleared, not left to themselves.
void PowerManager::fallen_method() {
    if (rail_o.read())
        decay_ev_.cancel(); // powered again, they keep what they still have until the boot zeroises it
    else
        decay_ev_.notify(rst_ni.read() ? to_sc_time(cfg_.remanence) : sc_core::SC_ZERO_TIME);
}

void PowerManager::decay_method() {
    for (int i = 0; i < memory_port.size(); ++i) memory_port[i]->decay();
}

RemanentBits PowerManager::remanent() const {
    RemanentBits sum;
    for (int i = 0; i < memory_port.size(); ++i) sum += memory_port[i]->remanent();
    return sum;
}

void PowerManager::add_traces(TraceFile& file) const { file.add(*this, rail_q_, "rail"); }

} // namespace veilram
