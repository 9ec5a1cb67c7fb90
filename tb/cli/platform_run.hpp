// The `lt` fidelity: the test images on the SystemC platform.
#pragma once

#include "models/arch/bandwidth.hpp"
#include "tb/cli/cost_table.hpp"
#include "tb/cli/run_config.hpp"
#include "tb/cli/target.hpp"
#include "tb/host/recorder.hpp"
#include "tb/host/system.hpp"

#include <memory>
#include <string>
#include <vector>

namespace veilram {

/// The chip that a compiled network is placed into.
ChipConfig chip_for(const Device& device, const RunConfig& config);

/// Nothing where the cost table says it all.
std::optional<DramSpec> dram_spec(const DramChoice& choice);

/// Records the system's waveform under <folder>/<name>.*; null when the configuration wants none.
std::unique_ptr<Recorder> open_recorder(const TraceConfig& trace, const std::string& folder, const std::string& name,
                                        const sc_core::sc_object& root, VeilRam* chip = nullptr);

/// Bytes a second that the external memory delivers at most.
double peak_bandwidth(const RunConfig& config);
/// What the phases of a run asked of it.
std::vector<MemoryTraffic> memory_traffic(const Timing& timing, const RunConfig& config);

/// Two lives of one chip, driven through registers, interrupt and power pin alone. First: power on, encrypted boot, one
/// inference, orderly power-off - with a waveform when the configuration asks for one - of test image `trace.image`,
/// which `data` must have. Second: power on, boot, every image, power-off, and the thief's dump of cells and memory,
/// which becomes TargetRun::dump. Writes run.vcd and run.gtkw into `folder`. Throws UserError when the chip refuses the
/// image. Once per process: the kernel elaborates one system only.
TargetRun run_platform(const Device& device, const RunConfig& config, const Dataset& data, const std::string& folder);

} // namespace veilram
