// What runtime encryption scheduling costs a network whose few encrypted weights are rewritten around each layer.
#pragma once

#include "models/arch/estimate.hpp"
#include "models/arch/res_policy.hpp"

#include <cstdint>
#include <vector>

namespace veilram {

struct ResWorkload {
    std::vector<std::int64_t> weights; ///< that are wrong at rest, by layer
    int cells_per_weight = 1;          ///< that change with one of them
    Cost pulse;                        ///< one cell, with its verification
    int writers = 1;                   ///< cells of a layer that are written at a time
    int batch = 1;                     ///< images between a layer's unlock and its lock
};

/// Of one image, averaged over the batch.
struct ResCosts {
    double weight_writes = 0.0; ///< unlock and lock
    double cell_writes = 0.0;
    double writing = 0.0; ///< seconds in which cells are written
    double added = 0.0;   ///< seconds by which the image takes longer
    double energy = 0.0;  ///< joules
    /// Images until a cell that is written every time has had `endurance` writes; infinite where none is.
    double images_until(double endurance) const;
    double writes_of_a_cell = 0.0; ///< two, over the batch
};

/// `network`: the time that each layer computes for one image. Under `prefetch` writing back is waited for; `resident`
/// writes at boot and at power-off alone.
ResCosts res_costs(const ResWorkload& workload, const NetworkEstimate& network, ResPolicy policy);

} // namespace veilram
