// Crossbar-level sharing of a whole network on ISAAC cells: its bit planes share crossbars (docs/model.md, section 6).
#pragma once

#include "models/cls/bit_planes.hpp"
#include "models/cls/share.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace veilram {

/// What shares crossbars: the bit planes of 8-bit weights, or the contents of 1T4R crossbars after bit-line sharing.
enum class SharedContents { bit_planes, cells };

struct ClsConfig {
    SharedContents contents = SharedContents::bit_planes;
    double ratio = 0.5;              ///< clusters for each matrix
    std::vector<float> plane_ratios; ///< of planes 7..0, which then share apart; 1: not at all. Empty: `ratio` of all
    int planes = kPlanes;            ///< the lowest ones, which share
    int crossbar = 128;              ///< rows and columns, for bit planes
    int place_rounds = 0; ///< for cells: how often the ones of a segment move to where the shared crossbar has them
    ShareConfig share;
    std::uint64_t seed = 1; ///< of the first centroids
};

/// Bits of one plane, all layers.
struct PlaneMismatch {
    std::int64_t bits = 0, clustered = 0, mismatches = 0; ///< wrong ones before and after the flips
};

struct SharedNetwork {
    Graph quantised; ///< weights of 8 bits, none shared
    Graph shared;
    std::array<PlaneMismatch, kPlanes> planes; ///< [b]: of the bits worth 2^b
    ShareStorage storage;                      ///< of all planes, sharing or not
    std::size_t pairs = 0;                     ///< of rows and columns that were flipped together
    double weight_error = 0.0; ///< L2 norm of what sharing does to the weights, over that of the 8-bit weights

    PlaneMismatch total() const;
};

/// Batch norms stay as they are. Throws ModelError for a configuration that makes no sense.
SharedNetwork share_network(const Graph& graph, const ClsConfig& config);

} // namespace veilram
