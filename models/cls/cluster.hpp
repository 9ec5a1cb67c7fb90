// Which matrices share a crossbar: K-means with the Hamming distance (docs/model.md, section 6).
#pragma once

#include "models/cls/matrix_set.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

/// How far a matrix is from a centroid.
enum class ClusterDistance {
    hamming, ///< the bits that differ, as published
    flipped, ///< those that differ after the best flips of rows, columns left alone: a cheap bound on what find_flips()
             ///< will leave
};

struct ClusterConfig {
    ClusterDistance distance = ClusterDistance::hamming;
    Padding padding = Padding::ignored;
    int rounds = 20;           ///< at most, of assignment and new centroids
    std::size_t row_group = 1; ///< rows that flip together
};

struct Clustering {
    std::vector<std::uint32_t> cluster_of; ///< of each matrix
    std::vector<BitMatrix> centroids;      ///< a cluster may be empty
    std::vector<std::uint32_t> distances;  ///< of each matrix from its centroid
    int rounds = 0;                        ///< that changed a centroid
    std::int64_t distances_made = 0;       ///< between a matrix and a centroid: what the work is

    std::size_t size_of(std::size_t cluster) const;
};

/// `k` of `count` matrices, at random.
std::vector<std::size_t> first_members(std::size_t count, std::size_t k, std::uint64_t seed);

/// The matrices `first` are the first centroids. Each matrix goes to the nearest one, the lowest index on ties; a bit
/// of a new centroid is 1 if more than half of the members whose extent has it have a 1 there; an empty cluster keeps
/// its centroid. After the last new centroids matrices are assigned once more. Most distances are never taken: a matrix
/// whose centroid stays, or comes no further away than the others are known to be, looks only at centroids that
/// changed. The result is the one that all distances give, on any number of threads. Throws ModelError for an empty
/// or wrong list of first centroids.
Clustering cluster(const MatrixSet& set, const std::vector<std::size_t>& first, const ClusterConfig& config);

} // namespace veilram
