// Running the test images on the protected device, whatever the fidelity.
#pragma once

#include "models/base/stats.hpp"
#include "models/base/units.hpp"
#include "tb/cli/device.hpp"
#include "tb/cli/module_costs.hpp"
#include "tb/cli/workload.hpp"

#include <optional>
#include <string>
#include <vector>

namespace veilram {

/// Simulated time and energy of one part of a device's life.
struct Phase {
    Ps time;
    Fj energy;
    ModuleCosts costs; ///< of its blocks
};
/// What only a fidelity with time can tell.
struct Timing {
    Phase boot;      ///< power good to ready, blobs fetched, verified and unsealed
    Phase inference; ///< mean of one image
    Phase power_off; ///< command to everything erased
};

struct TargetRun {
    std::vector<std::vector<float>> logits; ///< of every image, the same in every fidelity
    std::vector<int> predictions;
    std::shared_ptr<const NvmSource> dump; ///< what a thief reads from the powered-off chip
    std::optional<Timing> timing;
    std::vector<Stat> stats;
    std::vector<std::string> files; ///< written beside the report, such as "run.vcd"
    double wall_s = 0.0;            ///< of simulating the images
    double cpu_s = 0.0;
};

/// The same arithmetic as the platform's, without a kernel and without time.
TargetRun run_functional(const Device& device, const DeviceConfig& cells, const Dataset& data);

} // namespace veilram
