// Shared crossbars, what they read, what they cost, and networks on them.
#include "models/base/diagnostics.hpp"
#include "models/cls/share_network.hpp"
#include "models/cls/shared_crossbar.hpp"
#include "models/sc/crossbar_read.hpp"
#include "tb/unit/cls_data.hpp"
#include "tb/unit/random_nn.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace veilram::test {
namespace {

TEST(SharedCrossbarTest, ReadsAreThoseOfTheRebuiltMatrixBitForBit) {
    for (const std::uint64_t seed : kSeeds) {
        Rng rng = make_rng(seed, "read");
        for (const auto& [rows, cols] : {std::pair(6, 6), std::pair(128, 128), std::pair(40, 7), std::pair(3, 90)}) {
            const BitMatrix centroid = random_bits(rng, rows, cols);
            const Extent whole{centroid.rows(), centroid.cols()};
            std::vector<FlipVectors> members{no_flips(rows, cols)};
            for (int m = 0; m < 3; ++m)
                members.push_back(random_flips(rng, rows, cols, 1 + static_cast<std::size_t>(m % 2)));
            const SharedCrossbar crossbar(centroid, members);
            for (std::size_t m = 0; m < members.size(); ++m) {
                std::vector<int> inputs;
                for (int r = 0; r < rows; ++r) inputs.push_back(random_int(rng, -255, 255));
                const auto direct = product(flipped(centroid, members[m], whole), inputs);
                EXPECT_EQ(crossbar.flips(m), members[m]);
                EXPECT_EQ(crossbar.read_literal(m, inputs), direct);
                EXPECT_EQ(crossbar.read(m, inputs), direct);
            }
        }
    }
}

TEST(SharedCrossbarTest, ReadsOfFigure9AreAdjustedAsThePaperSays) {
    BitMatrix centroid(2, 2); // rows 10, 11
    centroid.set(0, 0, true), centroid.set(1, 0, true), centroid.set(1, 1, true);
    const FlipVectors flips{{0b10}, {0b10}}; // row 1 and column 1
    const SharedCrossbar crossbar(centroid, {flips});
    // A' has rows 1 1, 0 1: a row flip turns row 1 to 0 0, the column flip column 1 to 1 1.
    EXPECT_EQ(crossbar.read_literal(0, {10, 3}), (std::vector<std::int64_t>{10, 13}));
    EXPECT_EQ(crossbar.cells().rows(), 4U);
    EXPECT_EQ(crossbar.cells().cols(), 4U);
    EXPECT_THROW(SharedCrossbar(centroid, {no_flips(200, 2)}), ModelError);
}

TEST(SharedCrossbarTest, StochasticReadsAreThoseOfTheRebuiltCellsBitForBit) {
    const ArrayGeometry array;
    for (const std::uint64_t seed : kSeeds) {
        Rng rng = make_rng(seed, "pairs");
        const BitMatrix centroid = random_bits(rng, 256, 256);
        const FlipVectors flips = random_flips(rng, 256, 256, 2);
        const BitMatrix rebuilt = flipped(centroid, flips, {256, 256});
        const GslVector vector{rng()};
        const BitMatrix stream = random_bits(rng, 1, 256);
        std::vector<int> direct;
        for (int p = 0; p < array.row_pairs(); ++p)
            direct.push_back(static_cast<int>(read_count_literal(rebuilt, array, p, vector, stream.row(0))));
        EXPECT_EQ(read_shared_pairs_literal(centroid, array, flips, vector, stream.row(0)), direct);
        EXPECT_EQ(read_shared_pairs(centroid, array, flips, vector, stream.row(0)), direct);
        FlipVectors apart = flips;
        apart.rows[0] ^= 1U;
        EXPECT_THROW(read_shared_pairs(centroid, array, apart, vector, stream.row(0)), ModelError);
    }
}

TEST(ShareTest, FlipsNeverRaiseMismatchesAndRebuiltMatricesHaveThem) {
    for (const std::uint64_t seed : kSeeds) {
        Rng rng = make_rng(seed, "share");
        const MatrixSet set = random_set(rng, 30, 4, 20, 30, true);
        for (const Padding padding : {Padding::ignored, Padding::zeros})
            for (const std::size_t group : {1U, 2U}) {
                ShareConfig config;
                config.cluster.padding = padding;
                config.cluster.row_group = group;
                const Shared shared = share(set, first_members(set.count(), 3, seed), config);
                for (std::size_t i = 0; i < set.count(); ++i) {
                    if (padding == Padding::ignored) {
                        EXPECT_LE(shared.mismatches[i], shared.clustered[i]);
                    }
                    EXPECT_EQ(static_cast<std::size_t>(shared.mismatches[i]),
                              literal_distance(set.matrices[i], shared.rebuilt(set, i), set.extents[i]));
                }
            }
    }
}

TEST(ShareTest, StorageCountsTwoRowsAndTwoColumnsForEachMemberButNotForLoneOnes) {
    MatrixSet set;
    Rng rng = make_rng(1, "storage");
    const BitMatrix twin = random_bits(rng, 128, 128);
    for (int i = 0; i < 3; ++i) set.add(twin);
    set.add(random_bits(rng, 128, 128));
    const ShareConfig config;
    const ShareStorage storage = share(set, {0, 3}, config).storage(set, config);
    EXPECT_EQ(storage.matrices, 4U);
    EXPECT_EQ(storage.clusters, 2U);
    EXPECT_EQ(storage.singletons, 1U);
    EXPECT_EQ(storage.largest, 3U);
    EXPECT_EQ(storage.sharing, 3U);
    EXPECT_EQ(storage.cells_before, 4 * 128 * 128);
    EXPECT_EQ(storage.centroid_cells, 2 * 128 * 128);
    EXPECT_EQ(storage.metadata_cells, 3 * 512);
    EXPECT_EQ(storage.bounding_cells, 134 * 134 + 128 * 128);
}

TEST(ShareTest, PlacedOnesKeepEverySegmentsCountAndComeCloser) {
    for (const std::uint64_t seed : kSeeds) {
        Rng rng = make_rng(seed, "placed");
        MatrixSet set = random_set(rng, 12, 3, 16, 32, false);
        const MatrixSet before = set;
        ShareConfig config;
        config.cluster.row_group = 2;
        const Shared plain = share(set, first_members(set.count(), 3, seed), config);
        std::int64_t last = std::accumulate(plain.mismatches.begin(), plain.mismatches.end(), std::int64_t{0});
        Shared placed = plain;
        for (int round = 0; round < 4; ++round) {
            placed = share_placed(set, placed, config, 4, 1);
            const auto now = std::accumulate(placed.mismatches.begin(), placed.mismatches.end(), std::int64_t{0});
            EXPECT_LE(now, last);
            last = now;
        }
        for (std::size_t i = 0; i < set.count(); ++i)
            for (std::size_t r = 0; r < set.rows(); ++r)
                for (std::size_t s = 0; s < set.cols(); s += 4) {
                    int change = 0;
                    for (std::size_t c = s; c < s + 4; ++c)
                        change += int{set.matrices[i].get(r, c)} - int{before.matrices[i].get(r, c)};
                    EXPECT_EQ(change, 0);
                }
        EXPECT_LT(last, std::accumulate(plain.mismatches.begin(), plain.mismatches.end(), std::int64_t{0}));
    }
}

TEST(BitPlanesTest, RecomposedPlanesAreTheMagnitudes) {
    Rng rng = make_rng(5, "planes");
    std::vector<QuantWeights> layers;
    for (const MatrixShape& shape : {MatrixShape{1, 150, 20}, MatrixShape{4, 9, 1}, MatrixShape{2, 7, 129}}) {
        QuantWeights weights;
        weights.shape = shape;
        weights.scale.assign(static_cast<std::size_t>(shape.groups) * shape.outputs, 1.0F);
        for (std::size_t i = 0; i < weights.scale.size() * shape.inputs; ++i)
            weights.q.push_back(static_cast<std::int16_t>(random_int(rng, -255, 255)));
        layers.push_back(weights);
    }
    const PlaneSet planes = decompose(layers, 128);
    EXPECT_EQ(planes.set.count(), 8U * (2 + 4 + 2 * 2));
    EXPECT_EQ(planes.set.extents[1], (Extent{22, 20}));
    EXPECT_EQ(planes.places[0].plane, 7);
    std::vector<QuantWeights> again = layers;
    for (QuantWeights& layer : again) std::fill(layer.q.begin(), layer.q.end(), std::int16_t{85});
    recompose(planes.places, planes.set.matrices, again);
    for (std::size_t l = 0; l < layers.size(); ++l)
        for (std::size_t i = 0; i < layers[l].q.size(); ++i) ASSERT_EQ(again[l].q[i], std::abs(layers[l].q[i]));

    const PlaneSet low = part_of(planes, [](const PlanePlace& place) { return place.plane < 4; });
    EXPECT_EQ(low.set.count(), planes.set.count() / 2);
}

/// A conv and a dense layer with more inputs than a crossbar of 16 has rows.
Graph small_network(Rng& rng) {
    Graph g{"small", {3, 6, 6}, {}};
    g.nodes.push_back({"conv", random_conv(rng, 1, 3, 20, Window{3, 3}), {0}, {}});
    g.nodes.push_back({"mean", GlobalAveragePool{}, {1}, {}});
    g.nodes.push_back({"flatten", Flatten{}, {2}, {}});
    g.nodes.push_back({"logits", Dense{random_tensor(rng, {10, 20}), random_floats(rng, 10)}, {3}, {}});
    infer_shapes(g);
    return g;
}

TEST(ShareNetworkTest, PlanesThatDoNotShareKeepEveryBit) {
    Rng rng = make_rng(1, "network");
    const Graph graph = small_network(rng);
    ClsConfig config;
    config.crossbar = 16;
    config.ratio = 0.25;
    config.planes = 3;
    const SharedNetwork low = share_network(graph, config);
    config.planes = kPlanes;
    config.plane_ratios = {1, 1, 1, 1, 1, 0.25, 0.5, 1};
    const SharedNetwork by_plane = share_network(graph, config);
    for (int plane = 0; plane < kPlanes; ++plane) {
        const auto at = static_cast<std::size_t>(plane);
        EXPECT_EQ(low.planes.at(at).mismatches > 0, plane < 3) << plane;
        EXPECT_EQ(by_plane.planes.at(at).mismatches > 0, plane == 1 || plane == 2) << plane;
        EXPECT_EQ(low.planes.at(at).bits, 27 * 20 + 20 * 10);
    }
    const std::size_t matrices = 2 * 2 + 2; // of a plane
    EXPECT_EQ(low.storage.matrices, 8 * matrices);
    EXPECT_EQ(low.storage.clusters, 5 * matrices + 3 * matrices / 4);
    EXPECT_EQ(by_plane.storage.clusters, 6 * matrices + matrices / 4 + matrices / 2);
    const std::vector<float>&before = matrix_weight(low.quantised.nodes[0].op).data,
          &after = matrix_weight(low.shared.nodes[0].op).data;
    const float step = quantised_weights(graph)[0].scale[0] / kLevels;
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_LE(std::abs(before[i] - after[i]), 7.01F * step);
    EXPECT_GT(low.weight_error, 0.0);
    EXPECT_LT(low.weight_error, 0.1);
}

TEST(ShareNetworkTest, ARatioOfOneChangesNothing) {
    Rng rng = make_rng(2, "network");
    ClsConfig config;
    config.ratio = 1.0;
    const SharedNetwork network = share_network(small_network(rng), config);
    EXPECT_EQ(network.total().mismatches, 0);
    EXPECT_EQ(network.weight_error, 0.0);
    EXPECT_EQ(network.storage.cells(), network.storage.cells_before);
    config.plane_ratios = {0.5};
    EXPECT_THROW(share_network(small_network(rng), config), ModelError);
}

} // namespace
} // namespace veilram::test
