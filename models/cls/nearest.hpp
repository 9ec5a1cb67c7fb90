// The nearest centroid of each of many matrices.
#pragma once

#include "models/cls/cluster.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace veilram {

/// What is known of one matrix.
struct Nearest {
    static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

    std::uint32_t cluster = kNone, distance = kNone;
    std::uint32_t others = kNone; ///< no other centroid is nearer than that

    /// Sees one more centroid. The lower index wins a tie.
    void see(std::uint32_t candidate, std::uint32_t its_distance) {
        if (its_distance < distance || (its_distance == distance && candidate < cluster)) {
            others = distance;
            cluster = candidate;
            distance = its_distance;
        } else if (its_distance < others) {
            others = its_distance;
        }
    }
};

/// Matrices of a set in the order of their extents, so that a centroid's bits outside an extent are cleared once for
/// many of them.
class NearestSearch {
public:
    NearestSearch(const MatrixSet& set, const ClusterConfig& config);

    /// nearest[p] sees every centroid of `among`, for every matrix p with wanted[p]. Returns how many distances that
    /// took.
    std::int64_t see(const std::vector<BitMatrix>& centroids, const std::vector<std::uint32_t>& among,
                     const std::vector<char>& wanted, std::vector<Nearest>& nearest) const;

private:
    void see_range(const std::vector<BitMatrix>& centroids, const std::vector<std::uint32_t>& among,
                   const std::uint32_t* points, std::size_t count, std::vector<Nearest>& nearest) const;

    const MatrixSet& set_;
    const ClusterConfig config_;
    std::vector<std::uint32_t> order_; ///< of the matrices
};

} // namespace veilram
