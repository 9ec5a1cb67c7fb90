#include "models/sfge/key.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/random.hpp"

#include <boost/random/uniform_int_distribution.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <string>

namespace veilram {
namespace {

constexpr std::size_t kCapOneIn = 1000;

void check(const Graph& graph, const std::vector<Tensor>& gradients) {
    const std::vector<std::size_t> nodes = matrix_nodes(graph);
    bool fit = gradients.size() == nodes.size();
    for (std::size_t l = 0; fit && l < nodes.size(); ++l)
        fit = gradients[l].shape == matrix_weight(graph.nodes[nodes[l]].op).shape;
    if (!fit) throw ModelError("gradients are not those of the weights of '" + graph.name + "'");
    for (std::size_t l = 0; l < gradients.size(); ++l)
        if (!std::all_of(gradients[l].data.begin(), gradients[l].data.end(), [](float g) { return std::isfinite(g); }))
            throw UserError("network '" + graph.name + "': gradients of matrix layer " + std::to_string(l) +
                            " are not finite: the network is beyond repair; choose a smaller sfge.eps or sfge.most");
}

/// The `count` indices with the largest scores, in falling order.
template <class Score> std::vector<std::uint32_t> largest(std::size_t size, std::size_t count, Score score) {
    std::vector<std::uint32_t> indices(size);
    std::iota(indices.begin(), indices.end(), 0U);
    const auto before = [&](std::uint32_t a, std::uint32_t b) {
        const float x = score(a), y = score(b);
        return x > y || (x == y && a < b);
    };
    std::partial_sort(indices.begin(), indices.begin() + static_cast<std::ptrdiff_t>(count), indices.end(), before);
    indices.resize(count);
    return indices;
}

std::int8_t sign_of(float value) { return value < 0.0F ? std::int8_t{-1} : std::int8_t{1}; }

/// Calls key(weights, layer) for each matrix node.
template <class Key> SfgeKey for_each_tensor(const Graph& graph, Key key) {
    SfgeKey all;
    for (const std::size_t node : matrix_nodes(graph))
        all.push_back(key(matrix_weight(graph.nodes[node].op), all.size()));
    return all;
}

} // namespace

std::size_t chosen_count(std::size_t weights, const SfgeCount& count) {
    const std::size_t most = std::min(static_cast<std::size_t>(count.most), weights);
    return count.cap ? std::min(most, weights / kCapOneIn) : most;
}

SfgeKey choose_by_gradient(const Graph& graph, const std::vector<Tensor>& gradients, const SfgeCount& count) {
    check(graph, gradients);
    return for_each_tensor(graph, [&](const Tensor& weight, std::size_t layer) {
        const std::vector<float>& g = gradients[layer].data;
        TensorKey key;
        key.indices =
            largest(g.size(), chosen_count(weight.size(), count), [&g](std::size_t i) { return std::abs(g[i]); });
        for (const std::uint32_t i : key.indices) key.signs.push_back(sign_of(g[i]));
        return key;
    });
}

SfgeKey choose_sign_flips(const Graph& graph, const std::vector<Tensor>& gradients, const SfgeCount& count) {
    check(graph, gradients);
    return for_each_tensor(graph, [&](const Tensor& weight, std::size_t layer) {
        const std::vector<float>&w = weight.data, &g = gradients[layer].data;
        TensorKey key;
        key.indices = largest(g.size(), chosen_count(w.size(), count), [&](std::size_t i) { return -w[i] * g[i]; });
        for (const std::uint32_t i : key.indices) key.signs.push_back(sign_of(w[i]));
        return key;
    });
}

SfgeKey choose_at_random(const Graph& graph, const SfgeCount& count, std::uint64_t seed) {
    return for_each_tensor(graph, [&](const Tensor& weight, std::size_t layer) {
        Rng rng = make_rng(seed, "sfge/" + std::to_string(layer));
        boost::random::uniform_int_distribution<std::uint32_t> draw(0, static_cast<std::uint32_t>(weight.size()) - 1);
        const std::size_t wanted = chosen_count(weight.size(), count);
        TensorKey key;
        std::set<std::uint32_t> taken;
        while (key.indices.size() < wanted) {
            const std::uint32_t index = draw(rng);
            if (!taken.insert(index).second) continue;
            key.indices.push_back(index);
            key.signs.push_back((rng() & 1U) != 0 ? std::int8_t{1} : std::int8_t{-1});
        }
        return key;
    });
}

SfgeKey prefix(const Graph& graph, const SfgeKey& key, const SfgeCount& count) {
    return for_each_tensor(graph, [&](const Tensor& weight, std::size_t layer) {
        const std::size_t wanted = chosen_count(weight.size(), count);
        if (layer >= key.size() || key[layer].indices.size() < wanted)
            throw ModelError("the key has fewer weights than are asked of it");
        TensorKey part = key[layer];
        part.indices.resize(wanted);
        part.signs.resize(wanted);
        return part;
    });
}

void add_strongest(const Graph& graph, const std::vector<Tensor>& gradients, const SfgeCount& count, SfgeKey& key) {
    check(graph, gradients);
    key.resize(gradients.size());
    const std::vector<std::size_t> nodes = matrix_nodes(graph);
    for (std::size_t l = 0; l < nodes.size(); ++l) {
        TensorKey& tensor = key[l];
        const std::vector<float>& g = gradients[l].data;
        if (tensor.indices.size() >= chosen_count(g.size(), count)) continue;
        const std::set<std::uint32_t> taken(tensor.indices.begin(), tensor.indices.end());
        const std::uint32_t next =
            largest(g.size(), 1, [&](std::uint32_t i) { return taken.count(i) != 0 ? -1.0F : std::abs(g[i]); }).front();
        tensor.indices.push_back(next);
        tensor.signs.push_back(sign_of(g[next]));
    }
}

std::size_t bits_for(std::size_t values) {
    std::size_t bits = 0;
    while ((std::size_t{1} << bits) < values) ++bits;
    return bits;
}

std::size_t key_bits(const Graph& graph, const SfgeKey& key) {
    const std::vector<std::size_t> nodes = matrix_nodes(graph);
    std::size_t bits = 0;
    for (std::size_t l = 0; l < key.size(); ++l)
        bits += key[l].indices.size() * (bits_for(matrix_weight(graph.nodes[nodes[l]].op).size()) + 1);
    return bits;
}

std::size_t weight_count(const SfgeKey& key) {
    std::size_t count = 0;
    for (const TensorKey& tensor : key) count += tensor.indices.size();
    return count;
}

} // namespace veilram
