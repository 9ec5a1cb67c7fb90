#include "models/cls/share.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/parallel.hpp"
#include "models/cls/shared_crossbar.hpp"
#include "models/cls/votes.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace veilram {
namespace {

std::vector<std::vector<std::size_t>> members_of(const Clustering& clusters) {
    std::vector<std::vector<std::size_t>> members(clusters.centroids.size());
    for (std::size_t i = 0; i < clusters.cluster_of.size(); ++i) members[clusters.cluster_of[i]].push_back(i);
    return members;
}

/// Of matrix `i` as it stands, with the flips it has.
void find_mismatches(const MatrixSet& set, std::size_t i, Shared& shared) {
    shared.mismatches[i] =
        count_ones(difference(set.matrices[i], shared.rebuilt(set, i), set.extents[i]), set.extents[i]);
}

/// Flips of matrix `i` beyond those it has.
std::size_t flip_on(const MatrixSet& set, std::size_t i, const ShareConfig& config, Shared& shared) {
    const Extent extent = set.counted(i, config.cluster.padding);
    const BitMatrix& centroid = shared.clusters.centroids[shared.clusters.cluster_of[i]];
    const BitMatrix differ = difference(set.matrices[i], flipped(centroid, shared.flips[i], extent), extent);
    const FlipResult found = find_flips(differ, extent, config.cluster.row_group);
    const auto add = [](std::vector<Word>& to, const std::vector<Word>& from) {
        for (std::size_t w = 0; w < to.size(); ++w) to[w] ^= from[w];
    };
    add(shared.flips[i].rows, found.flips.rows);
    add(shared.flips[i].cols, found.flips.cols);
    return found.pairs;
}

void flip_all(const MatrixSet& set, const ShareConfig& config, Shared& shared) {
    std::vector<std::size_t> pairs(set.count(), 0);
    parallel_for(set.count(), [&](std::size_t i) {
        if (config.flip) pairs[i] = flip_on(set, i, config, shared);
        find_mismatches(set, i, shared);
    });
    for (const std::size_t p : pairs) shared.pairs += p;
}

/// The majority of what the members ask of the centroid, given their flips.
BitMatrix centroid_of(const MatrixSet& set, const std::vector<std::size_t>& members, const Shared& shared) {
    Votes votes(set);
    for (const std::size_t i : members)
        votes.add(flipped(set.matrices[i], shared.flips[i], set.extents[i]), set.extents[i], nullptr);
    return votes.majority();
}

} // namespace

ShareStorage& ShareStorage::operator+=(const ShareStorage& other) {
    matrices += other.matrices;
    clusters += other.clusters;
    singletons += other.singletons;
    largest = std::max(largest, other.largest);
    sharing += other.sharing;
    cells_before += other.cells_before;
    centroid_cells += other.centroid_cells;
    metadata_cells += other.metadata_cells;
    bounding_cells += other.bounding_cells;
    return *this;
}

BitMatrix Shared::rebuilt(const MatrixSet& set, std::size_t i) const {
    return flipped(clusters.centroids[clusters.cluster_of[i]], flips[i], set.extents[i]);
}

ShareStorage Shared::storage(const MatrixSet& set, const ShareConfig& config) const {
    const auto rows = static_cast<std::int64_t>(set.rows()), cols = static_cast<std::int64_t>(set.cols());
    ShareStorage storage;
    storage.matrices = set.count();
    storage.cells_before = static_cast<std::int64_t>(set.count()) * rows * cols;
    for (const std::vector<std::size_t>& members : members_of(clusters)) {
        if (members.empty()) continue;
        const bool alone = members.size() == 1 && flips[members.front()].none();
        const std::int64_t lines =
            alone || !config.flip ? 0 : static_cast<std::int64_t>(kMetadataLines * members.size());
        ++storage.clusters;
        storage.singletons += members.size() == 1 ? 1 : 0;
        storage.sharing += members.size() == 1 ? 0 : members.size();
        storage.largest = std::max(storage.largest, members.size());
        storage.centroid_cells += rows * cols;
        storage.metadata_cells += lines * (rows + cols);
        storage.bounding_cells += (rows + lines) * (cols + lines);
    }
    return storage;
}

Shared share(const MatrixSet& set, const std::vector<std::size_t>& first, const ShareConfig& config) {
    Shared shared;
    shared.clusters = cluster(set, first, config.cluster);
    shared.flips.assign(set.count(), no_flips(set.rows(), set.cols()));
    shared.mismatches.resize(set.count());
    parallel_for(set.count(), [&](std::size_t i) { find_mismatches(set, i, shared); });
    shared.clustered = shared.mismatches;
    flip_all(set, config, shared);
    return shared;
}

BitMatrix placed_ones(const BitMatrix& cells, const BitMatrix& target, std::size_t segment) {
    BitMatrix placed(cells.rows(), cells.cols());
    for (std::size_t r = 0; r < cells.rows(); ++r)
        for (std::size_t first = 0; first < cells.cols(); first += segment) {
            const std::size_t last = std::min(first + segment, cells.cols());
            std::size_t left = 0;
            for (std::size_t c = first; c < last; ++c) left += cells.get(r, c) ? 1 : 0;
            for (const bool wanted : {true, false})
                for (std::size_t c = first; c < last && left > 0; ++c)
                    if (target.get(r, c) == wanted) placed.set(r, c, true), --left;
        }
    return placed;
}

Shared share_placed(MatrixSet& set, const Shared& shared, const ShareConfig& config, std::size_t segment, int rounds) {
    for (std::size_t i = 0; i < set.count(); ++i)
        if (set.extents[i] != Extent{set.rows(), set.cols()})
            throw ModelError("matrix " + std::to_string(i) + " has padding, where no ones can be placed");
    Shared now = shared;
    const std::vector<std::vector<std::size_t>> members = members_of(shared.clusters);
    for (int round = 0; round < rounds; ++round) {
        parallel_for(set.count(), [&](std::size_t i) {
            set.matrices[i] = placed_ones(set.matrices[i], now.rebuilt(set, i), segment);
        });
        parallel_for(members.size(), [&](std::size_t c) {
            if (!members[c].empty()) now.clusters.centroids[c] = centroid_of(set, members[c], now);
        });
        flip_all(set, config, now);
    }
    return now;
}

} // namespace veilram
