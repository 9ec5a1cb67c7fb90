#include "tb/host/system.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <exception>

namespace veilram {
namespace {
constexpr std::size_t kKeySlotGrain = 1024; ///< slots of the key SRAM are sized in whole KiB
} // namespace

std::uint32_t key_slot_bytes(const std::vector<SealedBlob>& sealed) {
    std::size_t largest = 0;
    for (const SealedBlob& blob : sealed) largest = std::max(largest, blob.size());
    return static_cast<std::uint32_t>((largest / kKeySlotGrain + 1) * kKeySlotGrain);
}

ChipConfig chip_of(const MemoryPart& memory, const Program& program) {
    ChipConfig chip;
    chip.array = program.array;
    chip.adc = program.adc;
    chip.crossbars = program.crossbar_count();
    chip.n = program.n;
    chip.layers = static_cast<std::uint32_t>(program.layers.size());
    chip.key_slot_bytes = key_slot_bytes(memory.sealed);
    return chip;
}

System::System(const sc_core::sc_module_name& name, const ChipConfig& cfg, std::uint64_t memory_bytes,
               const std::optional<DramSpec>& dram)
    : sc_module(name), platform("platform", cfg, memory_bytes, dram), host("host") {
    host.isock.bind(platform.chip.host_tsock);
    host.memory_isock.bind(platform.memory.host_tsock);
    host.rst_no.bind(rst_n_);
    host.power_good_o.bind(power_good_);
    host.irq_i.bind(irq_);
    platform.chip.clk_i.bind(clk_);
    platform.chip.rst_ni.bind(rst_n_);
    platform.chip.power_good_i.bind(power_good_);
    platform.chip.irq_o.bind(irq_);
}

System::~System() = default;

void System::run(const std::function<void()>& body) {
    bool ended = false;
    std::exception_ptr error; // must not cross the kernel: it would lose its type
    host.body = [&] {
        try {
            body();
        } catch (...) {
            error = std::current_exception();
        }
        ended = true;
    };
    sc_core::sc_start();
    if (error) std::rethrow_exception(error);
    if (!ended) throw ModelError("the simulation stands still: the host waits for what never comes");
}

} // namespace veilram
