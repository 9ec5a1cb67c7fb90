// Time and energy of networks on an architecture, layer by layer, in closed form: what exploring needs, thousands of
// times faster than simulating. Tests hold the forms to the simulated modules.
#pragma once

#include "models/arch/layer_work.hpp"
#include "models/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

/// A stage of a pipeline that works on one item at a time.
struct Stage {
    const char* name;
    Ps time;                ///< of one item, where a stage has several units of the busiest one
    std::int64_t units = 1; ///< that work side by side
    Ps work{};              ///< of all units, the whole layer
    Ps busy{};              ///< time of the layer in which some unit works
};
/// Time of `items` through stages with a buffer between them: the slowest sets the pace, the others are seen once.
Ps pipeline_time(const std::vector<Stage>& stages, std::int64_t items);

struct EnergyPart {
    std::string name;
    Fj energy;
};

/// One layer, all its arrays side by side, one image.
struct LayerEstimate {
    LayerWork work;
    std::int64_t arrays = 0;
    std::int64_t tiles = 1;
    Ps time;
    std::vector<Stage> stages; ///< of one item of the pipeline
    std::int64_t items = 0;    ///< that pass through it, one after another
    std::vector<EnergyPart> energy;

    /// The stage that sets the pace.
    const Stage& bottleneck() const;
    /// Share of the layer's time in which the stage works, 0..1.
    double utilisation(const Stage& stage) const;
    /// The same of the mean unit: units of a last block have less to do.
    double mean_utilisation(const Stage& stage) const;
    Fj total_energy() const;
};

/// Layers one after another, as protection layer by layer needs it.
struct NetworkEstimate {
    std::vector<LayerEstimate> layers;

    Ps time() const;
    Fj energy() const;
    std::int64_t arrays() const;
    /// Arrays times the time in which they are busy with their layer: what a pipeline over layers would be bound by.
    double array_seconds() const;
};

} // namespace veilram
