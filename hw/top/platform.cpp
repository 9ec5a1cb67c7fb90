#include "hw/top/platform.hpp"

namespace veilram {

Platform::Platform(const sc_core::sc_module_name& name, const ChipConfig& cfg, std::uint64_t memory_bytes,
                   const std::optional<DramSpec>& dram_spec)
    : sc_module(name), chip("chip", cfg), memory("memory", memory_bytes) {
    if (!dram_spec) {
        chip.memory_isock.bind(memory.chip_tsock);
        return;
    }
    dram = std::make_unique<DramController>("dram", *dram_spec);
    chip.memory_isock.bind(dram->tsock);
    dram->memory_isock.bind(memory.chip_tsock);
}

Platform::~Platform() = default;

} // namespace veilram
