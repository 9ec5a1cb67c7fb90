#include "models/cls/bit_planes.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace veilram {
namespace {

/// Calls visit(row, column, index of the weight in q) for every weight that a matrix at `place` holds.
template <class Visit>
void for_each_weight(const PlanePlace& place, const MatrixShape& shape, const Extent& extent, Visit visit) {
    const auto inputs = static_cast<std::size_t>(shape.inputs);
    for (std::size_t c = 0; c < extent.cols; ++c) {
        const std::size_t output = static_cast<std::size_t>(place.group) * shape.outputs + place.first_output + c;
        for (std::size_t r = 0; r < extent.rows; ++r) visit(r, c, output * inputs + place.first_input + r);
    }
}

Extent extent_at(const PlanePlace& place, const MatrixShape& shape, std::size_t rows, std::size_t cols) {
    return {std::min(rows, static_cast<std::size_t>(shape.inputs) - place.first_input),
            std::min(cols, static_cast<std::size_t>(shape.outputs) - place.first_output)};
}

void add_matrix(const QuantWeights& weights, const PlanePlace& place, std::size_t crossbar, PlaneSet& planes) {
    const Extent extent = extent_at(place, weights.shape, crossbar, crossbar);
    BitMatrix matrix(crossbar, crossbar);
    for_each_weight(place, weights.shape, extent, [&](std::size_t r, std::size_t c, std::size_t index) {
        matrix.set(r, c, ((std::abs(weights.q[index]) >> place.plane) & 1) != 0);
    });
    planes.set.add(std::move(matrix), extent);
    planes.places.push_back(place);
}

} // namespace

PlaneSet decompose(const std::vector<QuantWeights>& layers, std::size_t crossbar) {
    PlaneSet planes;
    for (std::size_t l = 0; l < layers.size(); ++l) {
        const MatrixShape& shape = layers[l].shape;
        for (int group = 0; group < shape.groups; ++group)
            for (int plane = kPlanes - 1; plane >= 0; --plane)
                for (std::size_t k = 0; k < static_cast<std::size_t>(shape.inputs); k += crossbar)
                    for (std::size_t m = 0; m < static_cast<std::size_t>(shape.outputs); m += crossbar)
                        add_matrix(layers[l], {l, group, plane, k, m}, crossbar, planes);
    }
    return planes;
}

std::vector<QuantWeights> quantised_weights(const Graph& graph) {
    std::vector<QuantWeights> layers;
    for (const std::size_t node : matrix_nodes(graph))
        layers.push_back(quantise_weights(graph.nodes[node].op, WeightScale::per_tensor));
    return layers;
}

Graph with_magnitudes(const Graph& graph, const std::vector<QuantWeights>& layers) {
    Graph changed = graph;
    const std::vector<std::size_t> nodes = matrix_nodes(graph);
    if (layers.size() != nodes.size())
        throw ModelError(std::to_string(layers.size()) + " layers of weights for " + std::to_string(nodes.size()));
    for (std::size_t l = 0; l < nodes.size(); ++l) {
        Tensor& weight = matrix_weight(changed.nodes[nodes[l]].op);
        if (weight.size() != layers[l].q.size()) throw ModelError("layer " + std::to_string(l) + " has other weights");
        const auto inputs = static_cast<std::size_t>(layers[l].shape.inputs);
        for (std::size_t i = 0; i < weight.size(); ++i) {
            const float magnitude =
                layers[l].scale[i / inputs] * static_cast<float>(std::abs(layers[l].q[i])) / kLevels;
            weight.data[i] = std::copysign(magnitude, weight.data[i]);
        }
    }
    return changed;
}

void recompose(const std::vector<PlanePlace>& places, const std::vector<BitMatrix>& matrices,
               std::vector<QuantWeights>& layers) {
    for (QuantWeights& layer : layers)
        for (std::int16_t& q : layer.q) q = static_cast<std::int16_t>(std::abs(q));
    for (std::size_t i = 0; i < places.size(); ++i) {
        const PlanePlace& place = places[i];
        QuantWeights& weights = layers.at(place.layer);
        const Extent extent = extent_at(place, weights.shape, matrices[i].rows(), matrices[i].cols());
        const auto bit = static_cast<std::int16_t>(1 << place.plane);
        for_each_weight(place, weights.shape, extent, [&](std::size_t r, std::size_t c, std::size_t index) {
            std::int16_t& q = weights.q[index];
            q = static_cast<std::int16_t>(matrices[i].get(r, c) ? q | bit : q & ~bit);
        });
    }
}

} // namespace veilram
