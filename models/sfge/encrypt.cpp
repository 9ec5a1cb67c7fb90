#include "models/sfge/encrypt.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

namespace veilram {
namespace {

constexpr int kMagnitudeBits = 8;

double amount_of(const Tensor& weight, const SfgeStrength& strength) {
    if (!strength.relative) return strength.eps;
    const auto count = static_cast<double>(weight.size());
    double sum = 0.0, squares = 0.0;
    for (const float w : weight.data) sum += w;
    for (const float w : weight.data) squares += (w - sum / count) * (w - sum / count);
    return strength.eps * std::sqrt(squares / count);
}

void check(const TensorKey& key, std::size_t weights) {
    const bool inside =
        std::all_of(key.indices.begin(), key.indices.end(), [&](std::uint32_t i) { return i < weights; });
    if (!inside || key.signs.size() != key.indices.size())
        throw ModelError("the key is not of a tensor of " + std::to_string(weights) + " weights");
}

/// Calls change(weight, key, layer) for each matrix node of a copy.
template <class Change> Graph changed(Graph graph, const SfgeKey& key, Change change) {
    const std::vector<std::size_t> nodes = matrix_nodes(graph);
    if (key.size() != nodes.size())
        throw ModelError("a key of " + std::to_string(key.size()) + " tensors for " + std::to_string(nodes.size()));
    for (std::size_t l = 0; l < nodes.size(); ++l) {
        Tensor& weight = matrix_weight(graph.nodes[nodes[l]].op);
        check(key[l], weight.size());
        change(weight, key[l]);
    }
    return graph;
}

} // namespace

Graph perturbed(const Graph& graph, const SfgeKey& key, const SfgeStrength& strength) {
    return changed(graph, key, [&](Tensor& weight, const TensorKey& tensor) {
        const auto amount = static_cast<float>(amount_of(weight, strength));
        for (std::size_t i = 0; i < tensor.indices.size(); ++i)
            weight.data[tensor.indices[i]] += amount * static_cast<float>(tensor.signs[i]);
    });
}

Graph with_flipped_signs(const Graph& graph, const SfgeKey& key) {
    return changed(graph, key, [](Tensor& weight, const TensorKey& tensor) {
        for (const std::uint32_t i : tensor.indices) weight.data[i] = -weight.data[i];
    });
}

std::vector<LevelPatch> level_patches(const Tensor& perturbed, const QuantWeights& weights, const TensorKey& key) {
    check(key, weights.q.size());
    if (perturbed.size() != weights.q.size()) throw ModelError("the perturbed tensor is not the quantised one");
    std::vector<LevelPatch> patches;
    for (const std::uint32_t index : key.indices) {
        const double scale = weights.scale[index / static_cast<std::size_t>(weights.shape.inputs)];
        const double level = std::clamp(std::nearbyint(double{perturbed.data[index]} * kLevels / scale),
                                        -double{kMaxLevel}, double{kMaxLevel});
        patches.push_back({index, weights.q[index], static_cast<std::int16_t>(level)});
    }
    return patches;
}

std::vector<LevelPatch> flip_patches(const QuantWeights& weights, const TensorKey& key) {
    check(key, weights.q.size());
    std::vector<LevelPatch> patches;
    for (const std::uint32_t index : key.indices)
        patches.push_back({index, weights.q[index], static_cast<std::int16_t>(-weights.q[index])});
    return patches;
}

void encrypt(const std::vector<LevelPatch>& patches, QuantWeights& weights) {
    for (const LevelPatch& patch : patches) weights.q[patch.index] = patch.encrypted;
}

void decrypt(const std::vector<LevelPatch>& patches, QuantWeights& weights) {
    for (const LevelPatch& patch : patches) weights.q[patch.index] = patch.clean;
}

CellWrites cell_writes(const std::vector<LevelPatch>& patches, int bits_per_cell) {
    if (bits_per_cell != 1 && bits_per_cell != 2 && bits_per_cell != 4)
        throw ModelError("cells of " + std::to_string(bits_per_cell) + " bits");
    CellWrites writes;
    const auto write = [&writes](int from, int to) {
        writes.cells += from != to ? 1 : 0;
        writes.pulses += std::abs(to - from);
    };
    const int mask = (1 << bits_per_cell) - 1;
    for (const LevelPatch& patch : patches) {
        write(patch.clean < 0 ? 1 : 0, patch.encrypted < 0 ? 1 : 0);
        for (int shift = 0; shift < kMagnitudeBits; shift += bits_per_cell)
            write((std::abs(patch.clean) >> shift) & mask, (std::abs(patch.encrypted) >> shift) & mask);
    }
    return writes;
}

CellWrites cell_writes(const std::vector<std::vector<LevelPatch>>& layers, int bits_per_cell) {
    CellWrites sum;
    for (const std::vector<LevelPatch>& patches : layers) {
        const CellWrites writes = cell_writes(patches, bits_per_cell);
        sum.cells += writes.cells;
        sum.pulses += writes.pulses;
    }
    return sum;
}

} // namespace veilram
