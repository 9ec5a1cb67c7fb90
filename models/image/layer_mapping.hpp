// One layer, from quantised weights to crossbars as they will be in the chip.
#pragma once

#include "models/base/progress.hpp"
#include "models/image/compile.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace veilram {

/// What occurs at a layer's inputs, for its cells to be fitted to.
struct InputStatistics {
    LayerLevels levels;
    OutputSamples samples; ///< for output-aware cells alone
};

/// All that the crossbars of one layer are made from. Points to what it is given.
struct LayerJob {
    const CompileConfig& config;
    const Bytes& draw_key; ///< of bits that fill unused places
    std::size_t index;     ///< of the layer
    const QuantWeights& weights;
    const LayerProgram& layer;
    const LayerSecrets& secrets;
    const std::optional<InputStatistics>& inputs; ///< absent for cells that are placed at random
};

/// The layer's crossbars: every sign place filled and masked, cells fitted to the streams that come from that.
NvmPart map_layer(const LayerJob& job, Progress& progress);

/// Stands for everything that a layer's crossbars are made from, and tells nothing about it.
Key256 key_of(const LayerJob& job);

/// What the cells of a layer came to.
struct RealisedLayer {
    std::vector<std::int32_t> sums;  ///< per output, of its realised weights
    std::int64_t absolute_error = 0; ///< sum of |line - target|
};
RealisedLayer measure(const LayerJob& job, const Program& program, const NvmSource& nvm);

} // namespace veilram
