// Changing the weights that a key names, and changing them back (docs/model.md, section 7).
#pragma once

#include "models/nn/quantise.hpp"
#include "models/sfge/key.hpp"

#include <cstdint>
#include <vector>

namespace veilram {

/// By how much a chosen weight moves.
struct SfgeStrength {
    double eps = 0.2;
    bool relative = false; ///< to the standard deviation of the tensor's weights; an absolute eps means another thing
                           ///< in every weight file
};

/// w + eps * sign in place of w for every weight of the key. The key belongs to these weights, clean.
Graph perturbed(const Graph& graph, const SfgeKey& key, const SfgeStrength& strength);
/// -w in place of w.
Graph with_flipped_signs(const Graph& graph, const SfgeKey& key);

/// One weight as the cells hold it. Both values are absolute, so that writing either of them twice does no harm, and
/// decryption gives the very levels back although an encrypted weight may have saturated.
struct LevelPatch {
    std::uint32_t index = 0; ///< flat in QuantWeights::q
    std::int16_t clean = 0, encrypted = 0;
};
/// What the key means for one layer's quantised weights: those of the perturbed tensor, in the clean weights' scales,
/// saturating at +-255. `perturbed` has its batch norm folded where `weights` have theirs.
std::vector<LevelPatch> level_patches(const Tensor& perturbed, const QuantWeights& weights, const TensorKey& key);
/// The same for flipped signs: magnitudes stay.
std::vector<LevelPatch> flip_patches(const QuantWeights& weights, const TensorKey& key);

void encrypt(const std::vector<LevelPatch>& patches, QuantWeights& weights);
void decrypt(const std::vector<LevelPatch>& patches, QuantWeights& weights);

/// What it costs to write one state over the other where magnitudes sit in cells of `bits_per_cell` bits (1, 2 or 4)
/// and signs in a bit of their own.
struct CellWrites {
    std::int64_t cells = 0;  ///< that change
    std::int64_t pulses = 0; ///< steps of one conductance level
};
CellWrites cell_writes(const std::vector<LevelPatch>& patches, int bits_per_cell);
/// Of all layers.
CellWrites cell_writes(const std::vector<std::vector<LevelPatch>>& layers, int bits_per_cell);

} // namespace veilram
