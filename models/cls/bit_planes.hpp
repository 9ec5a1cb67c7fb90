// Quantised weights as bit matrices, and back (docs/model.md, section 6).
#pragma once

#include "models/cls/matrix_set.hpp"
#include "models/nn/quantise.hpp"

#include <cstddef>
#include <vector>

namespace veilram {

constexpr int kPlanes = 8; ///< of a magnitude; plane b has the bits worth 2^b

/// Which weights a matrix holds: rows are inputs of a layer's group, columns outputs.
struct PlanePlace {
    std::size_t layer = 0;
    int group = 0, plane = 0;
    std::size_t first_input = 0, first_output = 0; ///< within the group
};
/// Matrices of crossbar x crossbar cells: layers in order, groups, planes from the highest, blocks of inputs, blocks of
/// outputs.
struct PlaneSet {
    MatrixSet set;
    std::vector<PlanePlace> places; ///< of each matrix
};

/// The planes of the magnitudes of every layer, cut into matrices.
PlaneSet decompose(const std::vector<QuantWeights>& layers, std::size_t crossbar);
/// The matrices for which keep(place) holds.
template <class Keep> PlaneSet part_of(const PlaneSet& planes, Keep keep) {
    PlaneSet part;
    for (std::size_t i = 0; i < planes.places.size(); ++i)
        if (keep(planes.places[i])) {
            part.set.add(planes.set.matrices[i], planes.set.extents[i]);
            part.places.push_back(planes.places[i]);
        }
    return part;
}

/// Every matrix node's weights in 8 bits, one scale a tensor.
std::vector<QuantWeights> quantised_weights(const Graph& graph);
/// The float weights that `layers` stand for in place of the graph's, which still give the signs.
Graph with_magnitudes(const Graph& graph, const std::vector<QuantWeights>& layers);
/// Replaces the bits of the places in the magnitudes by those of `matrices`. Signs become plus.
void recompose(const std::vector<PlanePlace>& places, const std::vector<BitMatrix>& matrices,
               std::vector<QuantWeights>& layers);

} // namespace veilram
