// Sparse fast gradient encryption as a configuration asks for it: from a network to a key, and to what it changes.
#pragma once

#include "models/sfge/encrypt.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace veilram {

/// Which weights change, and how (docs/model.md, section 7).
enum class SfgeKind {
    none,
    gradient,  ///< largest |g| at the clean weights, moved by eps
    iterative, ///< one weight a tensor and round, with gradients at the weights as moved so far
    sign_flip, ///< largest -w * g, the sign flipped
    random     ///< anywhere, moved by eps: the control
};

struct SfgeConfig {
    SfgeKind kind = SfgeKind::none;
    SfgeCount count;
    SfgeStrength strength;
    int images = 500; ///< that gradients are taken on
};

/// Gradients of the loss with respect to the weights of a graph, by matrix node. One call is a pass over all images.
using GradientsOf = std::function<std::vector<Tensor>(const Graph&)>;

/// The key of a clean network. `gradients_of` is called once, or count.most times for `iterative`, or never for
/// `random`, which `seed` is for. Throws ModelError for `none`.
SfgeKey choose(const Graph& graph, const SfgeConfig& config, const GradientsOf& gradients_of, std::uint64_t seed);
/// What the key takes to store; a flip needs no direction.
std::size_t key_bits(const Graph& graph, const SfgeKey& key, SfgeKind kind);
/// The network as it is at rest.
Graph encrypted(const Graph& graph, const SfgeKey& key, const SfgeConfig& config);
/// What the key changes in the cells, by matrix node. `weights` are those of fold_batch_norm(graph).
std::vector<std::vector<LevelPatch>> network_patches(const Graph& graph, const SfgeKey& key, const SfgeConfig& config,
                                                     const std::vector<QuantWeights>& weights);

} // namespace veilram
