// Chip, memory and host, wired: what the program and the system tests simulate.
#pragma once

#include "hw/top/platform.hpp"
#include "models/image/image.hpp"
#include "tb/host/host.hpp"

#include <systemc>

#include <functional>
#include <optional>
#include <vector>

namespace veilram {

/// Slots of the key SRAM, in whole KiB, that take every one of these.
std::uint32_t key_slot_bytes(const std::vector<SealedBlob>& sealed);

/// A chip of the size and shape that the image needs; keys, policy and costs are the caller's to set.
ChipConfig chip_of(const MemoryPart& memory, const Program& program);

/// Build one per process, then run().
class System final : public sc_core::sc_module {
public:
    Platform platform;
    Host host;

    System(const sc_core::sc_module_name& name, const ChipConfig& cfg, std::uint64_t memory_bytes,
           const std::optional<DramSpec>& dram = {});
    ~System() override;

    /// Starts the simulation, in which `body` runs in the host's thread, and ends with it. What it throws is thrown
    /// here.
    void run(const std::function<void()>& body);

private:
    sc_core::sc_signal<bool> clk_{"clk"};
    sc_core::sc_signal<bool> rst_n_{"rst_n"};
    sc_core::sc_signal<bool> power_good_{"power_good"};
    sc_core::sc_signal<bool> irq_{"irq"};
};

} // namespace veilram
