#include "hw/dram/dram_interface.hpp"

#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>

namespace veilram {

DramInterface::DramInterface(const sc_core::sc_module_name& name, const DramConfig& cfg)
    : sc_module(name), cfg_(cfg), meter_({{{"accesses", "accesses to the external memory", cfg.access},
                                           {"bursts", "bursts transferred", cfg.burst}}}) {
    busy_.rail_i.bind(rail_i);
    tsock.init(kClients);
    for (auto& socket : tsock) socket.register_b_transport(this, &DramInterface::b_transport);
}

DramInterface::~DramInterface() = default;

void DramInterface::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    if (!rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    const auto arrival = sc_core::sc_time_stamp() + delay;
    const auto begin = std::max(arrival, busy_.until());
    const std::int64_t bursts = (trans.get_data_length() + cfg_.burst_bytes - 1) / cfg_.burst_bytes;
    delay += begin - arrival + to_sc_time(cfg_.access.time + cfg_.burst.time * bursts);
    meter_.charge(DramEvent::access);
    meter_.charge(DramEvent::burst, bursts);
    memory_isock->b_transport(trans, delay);
    meter_.spend(to_ps(sc_core::sc_time_stamp() + delay - begin)); // the memory's too: nobody else uses it
    busy_.hold(delay);
}

void DramInterface::add_traces(TraceFile& file) const { file.add(*this, busy_.value(), "busy"); }

} // namespace veilram
