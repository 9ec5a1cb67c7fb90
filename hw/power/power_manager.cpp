#include "hw/power/power_manager.hpp"

#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

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
    up_from_ = sc_core::sc_time_stamp() + to_sc_time(cfg_.ramp);
    up_until_ = sc_core::sc_max_time();
    rail_ev_.cancel();
    rail_ev_.notify(power_good_i.read() ? to_sc_time(cfg_.ramp) : sc_core::SC_ZERO_TIME);
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
    rail_q_ = power_good_i.read() && rst_ni.read() && now >= up_from_ && now < up_until_;
    rail_o.write(rail_q_);
}

void PowerManager::add_traces(TraceFile& file) const { file.add(*this, rail_q_, "rail"); }

} // namespace veilram
