// The smallest system around the accelerator: the chip and a memory. A host binds to what is left open.
#pragma once

#include "hw/dram/memory.hpp"
#include "hw/top/veilram.hpp"
#include "models/image/image.hpp"

#include <systemc>

namespace veilram {

/// Chip and memory, bound to each other. Left for the host: chip.host_tsock, chip.clk_i, chip.rst_ni,
/// chip.power_good_i, chip.irq_o, memory.host_tsock.
class Platform final : public sc_core::sc_module {
public:
    VeilRam chip;
    Memory memory;

    Platform(const sc_core::sc_module_name& name, const ChipConfig& cfg, std::uint64_t memory_bytes);
    ~Platform() override;
};

} // namespace veilram
