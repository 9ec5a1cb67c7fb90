#include "tb/host/system.hpp"

namespace veilram {

System::System(const sc_core::sc_module_name& name, const ChipConfig& cfg, std::uint64_t memory_bytes)
    : sc_module(name), platform("platform", cfg, memory_bytes), host("host") {
    host.isock.bind(platform.chip.host_tsock);
    host.memory_isock.bind(platform.memory.host_tsock);
    host.power_good_o.bind(power_good_);
    host.irq_i.bind(irq_);
    platform.chip.power_good_i.bind(power_good_);
    platform.chip.irq_o.bind(irq_);
}

} // namespace veilram
