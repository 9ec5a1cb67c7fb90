// Levels of a matrix layer's inputs, where every engine finds them.
#pragma once

#include "models/base/level_set.hpp"
#include "models/nn/graph.hpp"
#include "models/nn/quantise.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

/// The inputs of one group as levels, each kept once however many positions see it: input k at position p has level
/// levels[origins[p] + offsets[k]]. Positions are ordered by image, row, column: N * out_h * out_w of them (N for Dense).
struct LevelMap {
    std::vector<std::uint8_t> levels;   ///< Conv: padded images [N][C/groups][H][W]; padding has level z. Dense: [N][K]
    std::vector<std::uint32_t> origins; ///< by position
    std::vector<std::uint32_t> offsets; ///< by input k
    std::vector<LevelSet> seen; ///< levels that occur, by channel (Conv) or input (Dense)
    std::size_t inputs_per_channel = 1;
    std::size_t images = 0;

    std::size_t positions() const { return origins.size(); }
    int inputs() const { return static_cast<int>(offsets.size()); }
    std::uint8_t at(std::size_t position, std::size_t input) const {
        return levels[origins[position] + offsets[input]];
    }
    /// All levels that input `input` has at any position, and perhaps others of its channel.
    const LevelSet& seen_by(std::size_t input) const { return seen[input / inputs_per_channel]; }
};

/// Of a weight only the shape is read. `input` is [N, C, H, W] for a Conv, [N, K] for a Dense. Throws UserError when the
/// batch is so large that its levels cannot be numbered with 32 bits.
LevelMap map_levels(const Op& op, int group, const Tensor& input, const ActivationQuant& quant);

} // namespace veilram
