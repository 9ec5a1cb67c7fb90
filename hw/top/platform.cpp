#include "hw/top/platform.hpp"

namespace veilram {

Platform::Platform(const sc_core::sc_module_name& name, const ChipConfig& cfg, std::uint64_t memory_bytes)
    : sc_module(name), chip("chip", cfg), memory("memory", memory_bytes) {
    chip.memory_isock.bind(memory.chip_tsock);
}

Platform::~Platform() = default;

} // namespace veilram
