// Crossbars of a tile that share converters, in closed form (docs/isaac.md). Tests hold it to a counting of every
// event.
#pragma once

#include "models/arch/layer_work.hpp"

#include <cstdint>
#include <vector>

namespace veilram {

/// Neighbouring crossbars of a tile share a unit, which serves them one after another.
struct Sharing {
    int converter = 1; ///< crossbars that share a binary-to-stream converter
    int adcs = 1;      ///< crossbars that share their ADCs and accumulators
    bool broadcast =
        false;    ///< crossbars that see the same input, for other outputs, take one stream of their converter
    int tile = 0; ///< crossbars of a tile, beyond which nothing is shared; 0: as many as a layer needs
};

/// Crossbars of one layer, in the order in which they fill tiles: group of the layer, block of inputs, block of
/// outputs.
struct LayerCrossbars {
    std::int64_t groups = 1, input_blocks = 1, output_blocks = 1;

    std::int64_t count() const { return groups * input_blocks * output_blocks; }
    /// Whether a crossbar holds the last block of its group's inputs, which may have fewer than others.
    bool is_last(std::int64_t crossbar) const { return crossbar / output_blocks % input_blocks == input_blocks - 1; }
};

/// Units of one kind that a layer uses.
struct SharedUnits {
    std::int64_t units = 0;
    std::int64_t most = 0; ///< turns that the busiest of them takes for one position
    std::int64_t rest = 0; ///< the same at slots where last blocks have no input
};

/// Units for `crossbars` of which each serves `share`; with `broadcast` a unit takes one turn for crossbars of the same
/// block of inputs.
SharedUnits shared_units(const LayerCrossbars& crossbars, int share, bool broadcast, int tile);

/// Turns that the busiest unit takes for one position of the crossbars that are at work, `active`: numbers within their
/// layer, rising. At least 1.
std::int64_t turns_of(const std::vector<std::int64_t>& active, int share, int tile);

/// Units that convert the stream of one input of a block, summed over the layer's inputs: `slots` inputs a block, fewer
/// in the last. Times positions, these are the conversions of an image.
std::int64_t conversions_of(const LayerWork& work, const LayerCrossbars& crossbars, std::int64_t slots,
                            const Sharing& sharing);

} // namespace veilram
