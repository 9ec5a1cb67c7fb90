// Clusters and flips against their definitions and against figures of an independent implementation.
#include "models/base/diagnostics.hpp"
#include "models/base/parallel.hpp"
#include "models/cls/cluster.hpp"
#include "models/cls/distance_kernel.hpp"
#include "models/cls/flip.hpp"
#include "models/sc/kernels.hpp"
#include "tb/unit/cls_data.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

namespace veilram::test {
namespace {

std::size_t literal_flipped_distance(const BitMatrix& a, const BitMatrix& b, const Extent& extent, std::size_t group) {
    std::size_t sum = 0;
    for (std::size_t first = 0; first < extent.rows; first += group) {
        const std::size_t last = std::min(first + group, extent.rows);
        std::size_t ones = 0;
        for (std::size_t r = first; r < last; ++r)
            for (std::size_t c = 0; c < extent.cols; ++c) ones += a.get(r, c) != b.get(r, c) ? 1 : 0;
        sum += std::min(ones, (last - first) * extent.cols - ones);
    }
    return sum;
}

std::size_t distance_of(const MatrixSet& set, std::size_t i, const BitMatrix& centroid, const ClusterConfig& config) {
    const Extent extent = set.counted(i, config.padding);
    return config.distance == ClusterDistance::hamming
               ? literal_distance(set.matrices[i], centroid, extent)
               : literal_flipped_distance(set.matrices[i], centroid, extent, config.row_group);
}

/// K-means by definition: all distances, all votes, every round.
Clustering literal_cluster(const MatrixSet& set, const std::vector<std::size_t>& first, const ClusterConfig& config) {
    Clustering result;
    for (const std::size_t i : first) result.centroids.push_back(set.matrices[i]);
    const auto assign = [&] {
        result.cluster_of.clear();
        result.distances.clear();
        for (std::size_t i = 0; i < set.count(); ++i) {
            std::vector<std::size_t> all;
            for (const BitMatrix& centroid : result.centroids) all.push_back(distance_of(set, i, centroid, config));
            const auto best = std::min_element(all.begin(), all.end());
            result.cluster_of.push_back(static_cast<std::uint32_t>(best - all.begin()));
            result.distances.push_back(static_cast<std::uint32_t>(*best));
        }
    };
    const auto majority = [&](std::size_t cluster, std::size_t r, std::size_t c) {
        int votes = 0;
        for (std::size_t i = 0; i < set.count(); ++i) {
            const Extent extent = set.counted(i, config.padding);
            if (result.cluster_of[i] != cluster || r >= extent.rows || c >= extent.cols) continue;
            bool bit = set.matrices[i].get(r, c);
            if (config.distance == ClusterDistance::flipped) {
                const std::size_t begin = r / config.row_group * config.row_group;
                const std::size_t end = std::min(begin + config.row_group, extent.rows);
                std::size_t ones = 0;
                for (std::size_t row = begin; row < end; ++row)
                    for (std::size_t col = 0; col < extent.cols; ++col)
                        ones += set.matrices[i].get(row, col) != result.centroids[cluster].get(row, col) ? 1 : 0;
                bit = bit != (2 * ones > (end - begin) * extent.cols);
            }
            votes += bit ? 1 : -1;
        }
        return votes > 0;
    };
    for (int round = 0; round < config.rounds; ++round) {
        assign();
        std::vector<BitMatrix> centroids = result.centroids;
        for (std::size_t k = 0; k < centroids.size(); ++k) {
            if (result.size_of(k) == 0) continue;
            for (std::size_t r = 0; r < set.rows(); ++r)
                for (std::size_t c = 0; c < set.cols(); ++c) centroids[k].set(r, c, majority(k, r, c));
        }
        result.centroids = centroids;
    }
    assign();
    return result;
}

std::vector<ClusterConfig> all_configs() {
    std::vector<ClusterConfig> configs;
    for (const ClusterDistance distance : {ClusterDistance::hamming, ClusterDistance::flipped})
        for (const Padding padding : {Padding::ignored, Padding::zeros})
            for (const std::size_t group : {1U, 2U})
                for (const int rounds : {1, 3, 20}) configs.push_back({distance, padding, rounds, group});
    return configs;
}

TEST(DistanceKernelTest, EveryInstructionSetGivesTheNumberOfDifferingBits) {
    Rng rng = make_rng(1, "distances");
    for (const auto& [rows, cols] : {std::pair(7, 65), std::pair(128, 128), std::pair(256, 256), std::pair(1, 3)}) {
        std::vector<BitMatrix> all;
        for (int i = 0; i < 15; ++i) all.push_back(random_bits(rng, rows, cols));
        std::vector<const Word*> a, b;
        for (int i = 0; i < 9; ++i) a.push_back(all[i].row(0));
        for (int i = 9; i < 15; ++i) b.push_back(all[i].row(0));
        const Extent whole{all[0].rows(), all[0].cols()};
        const RowLayout pairs{(whole.rows + 1) / 2, 2 * all[0].words_per_row(), 2 * whole.cols,
                              (whole.rows % 2 == 0 ? 2 : 1) * whole.cols};
        const RowLayout singles{whole.rows, all[0].words_per_row(), whole.cols, whole.cols};
        for (const std::string& level : simd_levels()) {
            use_simd_level(level);
            std::vector<std::uint32_t> plain(54), flip(54), flip_pairs(54);
            hamming_distances(a.data(), 9, b.data(), 6, whole.rows * all[0].words_per_row(), plain.data());
            flipped_distances(a.data(), 9, b.data(), 6, singles, flip.data());
            if (whole.rows % 2 == 0) flipped_distances(a.data(), 9, b.data(), 6, pairs, flip_pairs.data());
            for (std::size_t i = 0; i < 9; ++i)
                for (std::size_t j = 0; j < 6; ++j) {
                    EXPECT_EQ(plain[i * 6 + j], literal_distance(all[i], all[9 + j], whole)) << level;
                    EXPECT_EQ(flip[i * 6 + j], literal_flipped_distance(all[i], all[9 + j], whole, 1)) << level;
                    if (whole.rows % 2 != 0) continue;
                    EXPECT_EQ(flip_pairs[i * 6 + j], literal_flipped_distance(all[i], all[9 + j], whole, 2)) << level;
                }
        }
        use_simd_level("");
    }
}

TEST(ClusterTest, SkippedDistancesChangeNothing) {
    for (const std::uint64_t seed : kSeeds) {
        Rng rng = make_rng(seed, "cluster");
        const MatrixSet set = random_set(rng, 40, 9, 12, 20, true);
        for (const ClusterConfig& config : all_configs()) {
            const auto first = first_members(set.count(), 1 + static_cast<std::size_t>(random_int(rng, 0, 19)), seed);
            const Clustering fast = cluster(set, first, config), literal = literal_cluster(set, first, config);
            EXPECT_EQ(fast.cluster_of, literal.cluster_of);
            EXPECT_EQ(fast.distances, literal.distances);
            EXPECT_EQ(fast.centroids, literal.centroids);
        }
    }
}

TEST(ClusterTest, IsTheSameOnAnyNumberOfThreads) {
    Rng rng = make_rng(4, "threads");
    const MatrixSet set = random_set(rng, 200, 30, 64, 64, true);
    const auto first = first_members(set.count(), 50, 1);
    set_threads(1);
    const Clustering one = cluster(set, first, {});
    set_threads(3);
    const Clustering three = cluster(set, first, {});
    set_threads(0);
    EXPECT_EQ(one.cluster_of, three.cluster_of);
    EXPECT_EQ(one.centroids, three.centroids);
    EXPECT_EQ(one.distances_made, three.distances_made);
}

TEST(ClusterTest, MoreRoundsNeverRaiseTheTotalDistance) {
    for (const std::uint64_t seed : kSeeds) {
        Rng rng = make_rng(seed, "rounds");
        const MatrixSet set = random_set(rng, 60, 11, 16, 16, true);
        const auto first = first_members(set.count(), 12, seed);
        for (ClusterConfig config : all_configs()) {
            std::int64_t last = std::numeric_limits<std::int64_t>::max();
            for (config.rounds = 0; config.rounds < 6; ++config.rounds) {
                const Clustering result = cluster(set, first, config);
                const auto total = std::accumulate(result.distances.begin(), result.distances.end(), std::int64_t{0});
                EXPECT_LE(total, last) << "round " << config.rounds;
                last = total;
            }
        }
    }
}

TEST(ClusterTest, FindsPlantedKindsWithFewDistances) {
    Rng rng = make_rng(9, "planted");
    const MatrixSet set = random_set(rng, 300, 20, 64, 64, false);
    std::vector<std::size_t> first(20);
    std::iota(first.begin(), first.end(), 100U); // one of each kind
    const Clustering result = cluster(set, first, {});
    for (std::size_t i = 0; i < set.count(); ++i) EXPECT_EQ(result.cluster_of[i], (i + 20 - 100 % 20) % 20);
    EXPECT_LE(result.distances_made, 3 * 300 * 20);
}

TEST(ClusterTest, FirstMembersAreDifferentOnesAndDependOnTheSeed) {
    std::vector<std::size_t> all = first_members(50, 50, 1);
    EXPECT_NE(all, first_members(50, 50, 2));
    std::sort(all.begin(), all.end());
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i);
    EXPECT_THROW(first_members(3, 4, 1), ModelError);
    EXPECT_THROW(cluster(MatrixSet{}, {}, {}), ModelError);
}

/// The greedy search by definition: every score counted anew.
FlipResult literal_flips(const BitMatrix& mismatch, const Extent& e, std::size_t group) {
    FlipResult result;
    result.flips = no_flips(mismatch.rows(), mismatch.cols());
    const std::size_t groups = (e.rows + group - 1) / group;
    const auto rows_of = [&](std::size_t g) { return std::min((g + 1) * group, e.rows) - g * group; };
    const auto left = [&](std::size_t r, std::size_t c) {
        return mismatch.get(r, c) != (get_bit(result.flips.rows.data(), r) != get_bit(result.flips.cols.data(), c));
    };
    const auto score = [&](std::size_t g, std::size_t c) { // mismatches of a group in a column
        int sum = 0;
        for (std::size_t r = g * group; r < g * group + rows_of(g); ++r) sum += left(r, c) ? 1 : 0;
        return sum;
    };
    const auto group_score = [&](std::size_t g) {
        int sum = 0;
        for (std::size_t c = 0; c < e.cols; ++c) sum += score(g, c);
        return sum;
    };
    const auto col_score = [&](std::size_t c) {
        int sum = 0;
        for (std::size_t g = 0; g < groups; ++g) sum += score(g, c);
        return sum;
    };
    const auto flip_group = [&](std::size_t g) {
        for (std::size_t r = g * group; r < g * group + rows_of(g); ++r)
            set_bit(result.flips.rows.data(), r, !get_bit(result.flips.rows.data(), r));
    };
    const auto flip_col = [&](std::size_t c) {
        set_bit(result.flips.cols.data(), c, !get_bit(result.flips.cols.data(), c));
    };
    const auto total = [&] {
        std::size_t sum = 0;
        for (std::size_t c = 0; c < e.cols; ++c) sum += static_cast<std::size_t>(col_score(c));
        return sum;
    };
    const auto passes = [&] {
        std::size_t count = 0;
        for (bool changed = true; changed; ++count) {
            changed = false;
            for (std::size_t c = 0; c < e.cols; ++c)
                if (2 * static_cast<std::size_t>(col_score(c)) > e.rows) flip_col(c), changed = true;
            for (std::size_t g = 0; g < groups; ++g)
                if (2 * static_cast<std::size_t>(group_score(g)) > rows_of(g) * e.cols) flip_group(g), changed = true;
        }
        return count;
    };
    result.before = total();
    result.passes = passes();
    result.after_lines = total();
    for (;; passes()) {
        int best = 0;
        std::size_t best_g = 0, best_c = 0;
        for (std::size_t g = 0; g < groups; ++g)
            for (std::size_t c = 0; c < e.cols; ++c) {
                const int size = static_cast<int>(rows_of(g)), cols = static_cast<int>(e.cols);
                const int of_group = 2 * (group_score(g) - score(g, c)) - size * (cols - 1);
                const int of_col = 2 * (col_score(c) - score(g, c)) - (static_cast<int>(e.rows) - size);
                if (of_group + of_col > best) best = of_group + of_col, best_g = g, best_c = c;
            }
        if (best == 0) break;
        flip_group(best_g);
        flip_col(best_c);
        ++result.pairs;
    }
    result.after = total();
    return result;
}

TEST(FlipTest, IsTheGreedySearchByDefinition) {
    std::size_t pairs = 0;
    for (const std::uint64_t seed : kSeeds) {
        Rng rng = make_rng(seed, "flip");
        for (int k = 0; k < 12; ++k) {
            const auto rows = static_cast<std::size_t>(random_int(rng, 4, 16)),
                       cols = static_cast<std::size_t>(random_int(rng, 4, 70));
            const Extent extent{rows - static_cast<std::size_t>(k % 3), cols - static_cast<std::size_t>(k % 2)};
            const BitMatrix a = random_bits(rng, rows, cols);
            const BitMatrix mismatch = difference(a, BitMatrix(rows, cols), extent);
            const std::size_t group = 1 + static_cast<std::size_t>(k % 2);
            const FlipResult fast = find_flips(mismatch, extent, group),
                             literal = literal_flips(mismatch, extent, group);
            EXPECT_EQ(fast.flips, literal.flips);
            EXPECT_EQ(std::tie(fast.before, fast.after_lines, fast.after, fast.passes, fast.pairs),
                      std::tie(literal.before, literal.after_lines, literal.after, literal.passes, literal.pairs));
            EXPECT_LE(fast.after_lines, fast.before);
            EXPECT_LE(fast.after, fast.after_lines);
            EXPECT_EQ(static_cast<std::size_t>(count_ones(flipped(mismatch, fast.flips, extent), extent)), fast.after);
            for (std::size_t r = 1; group == 2 && r < extent.rows; r += 2)
                EXPECT_EQ(get_bit(fast.flips.rows.data(), r), get_bit(fast.flips.rows.data(), r - 1));
            pairs += fast.pairs;
        }
    }
    EXPECT_GT(pairs, 0U) << "no case had a pair to flip";
}

/// What the greedy search does to random matrices: means over 100, of an independent implementation on the same random
/// numbers.
struct RandomCase {
    std::size_t size;
    double density;
    bool two; ///< the difference of two random matrices
    double before, after_lines, after, pairs, passes;
};

TEST(FlipTest, FiguresOnRandomMatricesAreThoseOfAnIndependentImplementation) {
    constexpr int kMatrices = 100;
    for (const RandomCase& c : {RandomCase{256, 0.1, false, 6554.5, 6554.5, 6554.5, 0.00, 1.00},
                                {256, 0.3, false, 19660.3, 19660.3, 19660.3, 0.00, 1.00},
                                {256, 0.5, false, 32756.1, 30047.9, 29998.3, 3.07, 10.02},
                                {256, 0.1, true, 11796.4, 11796.4, 11796.4, 0.00, 1.00},
                                {256, 0.3, true, 27515.6, 27504.3, 27504.0, 0.12, 1.95},
                                {256, 0.5, true, 32754.0, 30055.5, 30003.0, 2.83, 10.55},
                                {128, 0.1, false, 1640.4, 1640.4, 1640.4, 0.00, 1.00},
                                {128, 0.3, false, 4920.3, 4920.3, 4920.3, 0.00, 1.00},
                                {128, 0.5, false, 8183.8, 7252.4, 7229.4, 1.94, 7.39},
                                {128, 0.1, true, 2951.8, 2951.8, 2951.8, 0.00, 1.00},
                                {128, 0.3, true, 6882.8, 6838.4, 6836.6, 0.58, 2.79},
                                {128, 0.5, true, 8182.0, 7258.2, 7229.3, 2.44, 7.06}}) {
        NumpyRandom random(0);
        std::size_t before = 0, after_lines = 0, after = 0, pairs = 0, passes = 0;
        for (int m = 0; m < kMatrices; ++m) {
            const BitMatrix a = random.bits(c.size, c.size, c.density);
            const Extent whole{c.size, c.size};
            const BitMatrix other = c.two ? random.bits(c.size, c.size, c.density) : BitMatrix(c.size, c.size);
            const FlipResult found = find_flips(difference(a, other, whole), whole);
            before += found.before;
            after_lines += found.after_lines;
            after += found.after;
            pairs += found.pairs;
            passes += found.passes;
        }
        const auto expect_mean = [&](std::size_t sum, double mean, double rounding, const char* what) {
            EXPECT_NEAR(static_cast<double>(sum) / kMatrices, mean, rounding)
                << what << ", " << c.size << " " << c.density << " " << c.two;
        };
        expect_mean(before, c.before, 0.0501, "before");
        expect_mean(after_lines, c.after_lines, 0.0501, "after columns and rows");
        expect_mean(after, c.after, 0.0501, "after pairs");
        expect_mean(pairs, c.pairs, 0.001, "pairs");
        expect_mean(passes, c.passes, 0.001, "passes");
    }
}

TEST(FlipTest, FindsPlantedFlipsUnderNoise) {
    for (const double noise : {0.0, 0.05, 0.1, 0.2, 0.3, 0.4}) {
        NumpyRandom random(0);
        for (int m = 0; m < 20; ++m) {
            const Extent whole{256, 256};
            const BitMatrix planted_noise = random.bits(256, 256, noise);
            Rng rng = make_rng(static_cast<std::uint64_t>(m), "planted");
            const BitMatrix b = flipped(planted_noise, random_flips(rng, 256, 256), whole);
            const FlipResult found = find_flips(b, whole);
            EXPECT_LE(found.after, static_cast<std::size_t>(count_ones(planted_noise, whole))) << noise;
            EXPECT_EQ(found.pairs, 0U) << noise;
            EXPECT_NEAR(static_cast<double>(found.before), 32'768, 4 * 4096) << "the flips hide the noise";
        }
    }
}

} // namespace
} // namespace veilram::test
