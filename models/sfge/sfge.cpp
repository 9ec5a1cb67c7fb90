#include "models/sfge/sfge.hpp"

#include "models/base/diagnostics.hpp"

namespace veilram {
namespace {

SfgeKey choose_iteratively(const Graph& graph, const SfgeConfig& config, const GradientsOf& gradients_of) {
    SfgeKey key(matrix_nodes(graph).size());
    for (int round = 0; round < config.count.most; ++round)
        add_strongest(graph, gradients_of(perturbed(graph, key, config.strength)), config.count, key);
    return key;
}

} // namespace

SfgeKey choose(const Graph& graph, const SfgeConfig& config, const GradientsOf& gradients_of, std::uint64_t seed) {
    switch (config.kind) {
    case SfgeKind::none:
        break;
    case SfgeKind::gradient:
        return choose_by_gradient(graph, gradients_of(graph), config.count);
    case SfgeKind::iterative:
        return choose_iteratively(graph, config, gradients_of);
    case SfgeKind::sign_flip:
        return choose_sign_flips(graph, gradients_of(graph), config.count);
    case SfgeKind::random:
        return choose_at_random(graph, config.count, seed);
    }
    throw ModelError("no kind of sparse fast gradient encryption is chosen");
}

std::size_t key_bits(const Graph& graph, const SfgeKey& key, SfgeKind kind) {
    return key_bits(graph, key) - (kind == SfgeKind::sign_flip ? weight_count(key) : 0);
}

Graph encrypted(const Graph& graph, const SfgeKey& key, const SfgeConfig& config) {
    if (config.kind == SfgeKind::sign_flip) return with_flipped_signs(graph, key);
    return perturbed(graph, key, config.strength);
}

std::vector<std::vector<LevelPatch>> network_patches(const Graph& graph, const SfgeKey& key, const SfgeConfig& config,
                                                     const std::vector<QuantWeights>& weights) {
    if (key.size() != weights.size())
        throw ModelError("a key of " + std::to_string(key.size()) + " tensors for " + std::to_string(weights.size()));
    std::vector<std::vector<LevelPatch>> patches;
    if (config.kind == SfgeKind::sign_flip) { // the float network would tell the same, but for rounding
        for (std::size_t l = 0; l < key.size(); ++l) patches.push_back(flip_patches(weights[l], key[l]));
        return patches;
    }
    const Graph changed = fold_batch_norm(encrypted(graph, key, config));
    const std::vector<std::size_t> nodes = matrix_nodes(changed);
    for (std::size_t l = 0; l < key.size(); ++l)
        patches.push_back(level_patches(matrix_weight(changed.nodes[nodes[l]].op), weights[l], key[l]));
    return patches;
}

} // namespace veilram
