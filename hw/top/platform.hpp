// The smallest system around the accelerator: the chip and a memory. A host binds to what is left open.
#pragma once

#include "hw/dram/dram_controller.hpp"
#include "hw/dram/memory.hpp"
#include "hw/top/veilram.hpp"
#include "models/image/image.hpp"

#include <systemc>

#include <memory>
#include <optional>

namespace veilram {

/// Chip and memory, bound to each other, with a memory controller and DRAM timing between them where `dram` is given:
/// then the chip's interface should cost nothing by itself. Left for the host: chip.host_tsock, chip.clk_i,
/// chip.rst_ni, chip.power_good_i, chip.irq_o, memory.host_tsock.
class Platform final : public sc_core::sc_module {
public:
    VeilRam chip;
    std::unique_ptr<DramController> dram; ///< null without DRAM timing
    Memory memory;

    Platform(const sc_core::sc_module_name& name, const ChipConfig& cfg, std::uint64_t memory_bytes,
             const std::optional<DramSpec>& dram_spec = {});
    ~Platform() override;
};

} // namespace veilram
