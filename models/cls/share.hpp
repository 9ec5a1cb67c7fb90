// Crossbar-level sharing of a set of matrices: cluster, flip, rebuild, and what it costs (docs/model.md, section 6).
#pragma once

#include "models/cls/cluster.hpp"
#include "models/cls/flip.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

struct ShareConfig {
    ClusterConfig cluster;
    bool flip = true;
};

/// Cells of a set before and after sharing. Every cluster with a member takes a crossbar; where there are flips, its
/// metadata are two rows and two columns for each member, unless it is alone and has none.
struct ShareStorage {
    std::size_t matrices = 0, clusters = 0; ///< without empty ones
    std::size_t singletons = 0, largest = 0,
                sharing = 0; ///< clusters of one, members of the largest one, members of those of two or more
    std::int64_t cells_before = 0, centroid_cells = 0, metadata_cells = 0;
    std::int64_t bounding_cells =
        0; ///< of the smallest rectangles that hold a centroid and its metadata where Figure 9 has them

    std::int64_t cells() const { return centroid_cells + metadata_cells; }
    ShareStorage& operator+=(const ShareStorage& other);
};

struct Shared {
    Clustering clusters;
    std::vector<FlipVectors> flips;                  ///< of each matrix
    std::vector<std::int64_t> clustered, mismatches; ///< of each matrix within its extent: before and after the flips
    std::size_t pairs = 0;                           ///< of rows and columns that were flipped together

    /// Matrix `i` as the crossbar it shares holds it.
    BitMatrix rebuilt(const MatrixSet& set, std::size_t i) const;
    ShareStorage storage(const MatrixSet& set, const ShareConfig& config) const;
};

/// `first`: the matrices that are the first centroids. Throws ModelError for a wrong one.
Shared share(const MatrixSet& set, const std::vector<std::size_t>& first, const ShareConfig& config);

/// The ones of every segment of `segment` neighbouring cells of a row moved to where `target` has them, as far as they
/// go; their number stays. Among places that do as well, the first ones.
BitMatrix placed_ones(const BitMatrix& cells, const BitMatrix& target, std::size_t segment);
/// Places the ones of every matrix as its rebuilt self has them, takes new centroids, flips again, `rounds` times: no
/// step raises the mismatches that flips leave. Clusters stay. Needs contents without padding.
Shared share_placed(MatrixSet& set, const Shared& shared, const ShareConfig& config, std::size_t segment, int rounds);

} // namespace veilram
