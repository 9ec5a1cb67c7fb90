// Sparse fast gradient encryption: which few weights of each layer ruin the network when they change (docs/model.md,
// section 7).
#pragma once

#include "models/nn/graph.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

/// How many weights of a tensor are chosen.
struct SfgeCount {
    int most = 20;   ///< N
    bool cap = true; ///< at most a thousandth of the tensor, rounded down: small tensors get few, or none
};
std::size_t chosen_count(std::size_t weights, const SfgeCount& count);

/// The chosen weights of one conv or dense weight tensor, most effective first: a key for a smaller N is a prefix.
struct TensorKey {
    std::vector<std::uint32_t> indices; ///< flat, row-major (OIHW, dense OI)
    std::vector<std::int8_t> signs;     ///< +1 or -1: which way the loss grows

    friend bool operator==(const TensorKey& a, const TensorKey& b) {
        return a.indices == b.indices && a.signs == b.signs;
    }
};
/// By matrix node, in execution order.
using SfgeKey = std::vector<TensorKey>;

/// Largest |gradient|. `gradients`: of the loss with respect to each matrix node's weights, in their shape. Ties go to
/// the lower index. Throws ModelError when the shapes are not the graph's.
SfgeKey choose_by_gradient(const Graph& graph, const std::vector<Tensor>& gradients, const SfgeCount& count);
/// Largest -w * g: flipping the sign of such a weight raises the loss most, to first order. `signs` are the weights'.
SfgeKey choose_sign_flips(const Graph& graph, const std::vector<Tensor>& gradients, const SfgeCount& count);
/// As many, anywhere, with random signs: the control.
SfgeKey choose_at_random(const Graph& graph, const SfgeCount& count, std::uint64_t seed);

/// The key of a smaller count. Throws ModelError when it has fewer weights than that.
SfgeKey prefix(const Graph& graph, const SfgeKey& key, const SfgeCount& count);

/// Appends to a tensor's key the weight with the largest |gradient| that is not in it yet, as long as there are fewer
/// than `count` says: one round of i-SFGE, whose gradients are those of the network as changed so far.
void add_strongest(const Graph& graph, const std::vector<Tensor>& gradients, const SfgeCount& count, SfgeKey& key);

/// Bits that number `values` things.
std::size_t bits_for(std::size_t values);
/// What a key takes to store: an index and a sign for each weight, indices in as many bits as the tensor needs.
std::size_t key_bits(const Graph& graph, const SfgeKey& key);
std::size_t weight_count(const SfgeKey& key);

} // namespace veilram
