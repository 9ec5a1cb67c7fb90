// Keys and the changes that they stand for, on small networks.
#include "models/base/diagnostics.hpp"
#include "models/base/random.hpp"
#include "models/nn/topologies.hpp"
#include "models/sfge/sfge.hpp"
#include "tb/unit/random_nn.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace veilram::test {
namespace {

/// A grouped conv of 48 weights and a dense layer of 3,000.
Graph two_layers(Rng& rng) {
    Graph graph{"two", {4, 2, 2}, {}};
    graph.nodes.push_back({"conv", random_conv(rng, 2, 2, 6, {2, 1, 1, 1}), {0}, {}});
    graph.nodes.push_back({"flat", Flatten{}, {1}, {}});
    graph.nodes.push_back({"dense", Dense{random_tensor(rng, {125, 24}), {}}, {2}, {}});
    infer_shapes(graph);
    return graph;
}

std::vector<Tensor> random_gradients(Rng& rng, const Graph& graph) {
    std::vector<Tensor> gradients;
    for (const std::size_t node : matrix_nodes(graph))
        gradients.push_back(random_tensor(rng, matrix_weight(graph.nodes[node].op).shape));
    return gradients;
}

class SfgeTest : public ::testing::Test {
protected:
    Rng rng_ = make_rng(1, "sfge test");
    Graph graph_ = two_layers(rng_);
    std::vector<Tensor> gradients_ = random_gradients(rng_, graph_);
    const Tensor& weight(std::size_t layer) const {
        return matrix_weight(graph_.nodes[matrix_nodes(graph_)[layer]].op);
    }
};

TEST_F(SfgeTest, TheCapLeavesLittleOfSmallTensors) {
    EXPECT_EQ(chosen_count(432, {20, true}), 0U);
    EXPECT_EQ(chosen_count(9'408, {20, true}), 9U);
    EXPECT_EQ(chosen_count(36'864, {20, true}), 20U);
    EXPECT_EQ(chosen_count(432, {20, false}), 20U);
    EXPECT_EQ(chosen_count(10, {20, false}), 10U);
}

TEST_F(SfgeTest, TheLargestGradientsAreChosenInOrder) {
    const SfgeKey key = choose_by_gradient(graph_, gradients_, {7, false});
    ASSERT_EQ(key.size(), 2U);
    for (std::size_t layer = 0; layer < 2; ++layer) {
        ASSERT_EQ(key[layer].indices.size(), 7U);
        const std::vector<float>& g = gradients_[layer].data;
        std::vector<float> sorted;
        for (const float v : g) sorted.push_back(std::abs(v));
        std::sort(sorted.rbegin(), sorted.rend());
        for (std::size_t i = 0; i < 7; ++i) {
            EXPECT_EQ(std::abs(g[key[layer].indices[i]]), sorted[i]);
            EXPECT_EQ(key[layer].signs[i], g[key[layer].indices[i]] > 0 ? 1 : -1);
        }
    }
    EXPECT_EQ(choose_by_gradient(graph_, gradients_, {7, true})[0].indices.size(), 0U);
    EXPECT_EQ(prefix(graph_, key, {3, false}), choose_by_gradient(graph_, gradients_, {3, false}));
    EXPECT_THROW(prefix(graph_, key, {8, false}), ModelError);
}

TEST_F(SfgeTest, OfEqualGradientsTheLowerIndexComesFirst) {
    for (Tensor& g : gradients_) std::fill(g.data.begin(), g.data.end(), -1.0F);
    EXPECT_EQ(choose_by_gradient(graph_, gradients_, {3, false})[1].indices, (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST_F(SfgeTest, SignFlipsAreThoseThatRaiseTheLossMost) {
    const SfgeKey key = choose_sign_flips(graph_, gradients_, {5, false});
    const auto gain = [&](std::uint32_t i) { return -weight(1).data[i] * gradients_[1].data[i]; };
    for (std::uint32_t i = 0; i < 3000; ++i)
        if (std::count(key[1].indices.begin(), key[1].indices.end(), i) == 0) {
            ASSERT_LE(gain(i), gain(key[1].indices.back()));
        }
    EXPECT_TRUE(std::is_sorted(key[1].indices.begin(), key[1].indices.end(),
                               [&](std::uint32_t a, std::uint32_t b) { return gain(a) > gain(b); }));
}

TEST_F(SfgeTest, RandomPositionsAreDistinctAndDependOnTheSeed) {
    const SfgeKey key = choose_at_random(graph_, {40, false}, 1);
    EXPECT_EQ(std::set<std::uint32_t>(key[0].indices.begin(), key[0].indices.end()).size(), 40U);
    EXPECT_EQ(choose_at_random(graph_, {40, false}, 1), key);
    EXPECT_NE(choose_at_random(graph_, {40, false}, 2), key);
}

TEST_F(SfgeTest, RoundsOfOneAddTheStrongestThatIsLeft) {
    SfgeKey key;
    for (int round = 0; round < 60; ++round) add_strongest(graph_, gradients_, {50, false}, key);
    EXPECT_EQ(key, choose_by_gradient(graph_, gradients_, {50, false})) << "with gradients that stay the same";
}

TEST_F(SfgeTest, WeightsMoveByEpsAndBack) {
    const SfgeKey key = choose_by_gradient(graph_, gradients_, {4, false});
    const Graph changed = perturbed(graph_, key, {0.25, false});
    const Tensor& after = matrix_weight(changed.nodes[matrix_nodes(changed)[1]].op);
    std::size_t moved = 0;
    for (std::size_t i = 0; i < after.size(); ++i) moved += after.data[i] != weight(1).data[i] ? 1 : 0;
    EXPECT_EQ(moved, 4U);
    for (std::size_t i = 0; i < 4; ++i) {
        const std::uint32_t at = key[1].indices[i];
        EXPECT_NEAR(after.data[at] - weight(1).data[at], 0.25 * key[1].signs[i], 1e-6);
    }
    const Graph relative = perturbed(graph_, key, {2.0, true}); // weights are uniform in -1..1
    const std::uint32_t first = key[1].indices[0];
    EXPECT_NEAR(std::abs(matrix_weight(relative.nodes[2].op).data[first] - weight(1).data[first]), 2 / std::sqrt(3),
                0.03);
    const Graph twice = with_flipped_signs(with_flipped_signs(graph_, key), key);
    EXPECT_EQ(matrix_weight(twice.nodes[2].op).data, weight(1).data);
    EXPECT_EQ(matrix_weight(with_flipped_signs(graph_, key).nodes[2].op).data[first], -weight(1).data[first]);
}

TEST_F(SfgeTest, DecryptionGivesTheVeryLevelsBack) {
    for (const WeightScale mode : {WeightScale::per_channel, WeightScale::per_tensor})
        for (const double eps : {0.01, 0.3, 5.0}) {
            const SfgeKey key = choose_by_gradient(graph_, gradients_, {40, false});
            for (std::size_t layer = 0; layer < 2; ++layer) {
                const QuantWeights clean = quantise_weights(graph_.nodes[matrix_nodes(graph_)[layer]].op, mode);
                QuantWeights cells = clean;
                const Graph moved = perturbed(graph_, key, {eps, false});
                const auto patches =
                    level_patches(matrix_weight(moved.nodes[matrix_nodes(moved)[layer]].op), clean, key[layer]);
                encrypt(patches, cells);
                if (eps > 0.1) {
                    EXPECT_NE(cells.q, clean.q);
                }
                for (const std::int16_t q : cells.q) EXPECT_LE(std::abs(q), kMaxLevel);
                encrypt(patches, cells); // a write that a power cut has cut short is repeated
                decrypt(patches, cells);
                EXPECT_EQ(cells.q, clean.q) << "eps " << eps;
                const auto flips = flip_patches(clean, key[layer]);
                encrypt(flips, cells);
                decrypt(flips, cells);
                EXPECT_EQ(cells.q, clean.q);
            }
        }
}

TEST_F(SfgeTest, PatchesAreTheQuantisedPerturbedWeights) {
    const SfgeKey key = choose_by_gradient(graph_, gradients_, {30, false});
    const QuantWeights clean = quantise_weights(graph_.nodes[2].op, WeightScale::per_channel);
    const Graph moved = perturbed(graph_, key, {0.1, false});
    for (const LevelPatch& patch : level_patches(matrix_weight(moved.nodes[2].op), clean, key[1])) {
        const std::size_t output = patch.index / 24;
        const auto at = std::find(key[1].indices.begin(), key[1].indices.end(), patch.index) - key[1].indices.begin();
        const double wanted = weight(1).data[patch.index] + 0.1 * key[1].signs[static_cast<std::size_t>(at)];
        const double got = patch.encrypted * static_cast<double>(clean.scale[output]) / kLevels;
        if (std::abs(patch.encrypted) < kMaxLevel) {
            EXPECT_NEAR(got, wanted, clean.scale[output] / kLevels);
        }
    }
}

TEST_F(SfgeTest, EveryKindTakesAsManyPassesAsItNeeds) {
    int passes = 0;
    const GradientsOf counted = [&](const Graph&) {
        ++passes;
        return gradients_;
    };
    const auto passes_of = [&](SfgeKind kind) {
        passes = 0;
        SfgeConfig config{kind, {6, false}, {}, 0};
        EXPECT_EQ(weight_count(choose(graph_, config, counted, 1)), 12U);
        return passes;
    };
    EXPECT_EQ(passes_of(SfgeKind::gradient), 1);
    EXPECT_EQ(passes_of(SfgeKind::sign_flip), 1);
    EXPECT_EQ(passes_of(SfgeKind::iterative), 6);
    EXPECT_EQ(passes_of(SfgeKind::random), 0);
    EXPECT_THROW(choose(graph_, {}, counted, 1), ModelError);
}

TEST_F(SfgeTest, EveryRoundSeesTheWeightsAsMovedSoFar) {
    const SfgeConfig config{SfgeKind::iterative, {5, false}, {0.4, true}, 0};
    std::vector<Graph> seen;
    const SfgeKey key = choose(
        graph_, config,
        [&](const Graph& graph) {
            seen.push_back(graph);
            return random_gradients(rng_, graph);
        },
        1);
    ASSERT_EQ(seen.size(), 5U);
    for (int round = 0; round < 5; ++round) {
        const Graph expected = perturbed(graph_, prefix(graph_, key, {round, false}), config.strength);
        EXPECT_EQ(matrix_weight(seen[static_cast<std::size_t>(round)].nodes[2].op).data,
                  matrix_weight(expected.nodes[2].op).data);
    }
}

TEST_F(SfgeTest, PatchesOfANetworkAreItsFoldedWeightsInTheCleanScales) {
    for (const SfgeKind kind : {SfgeKind::random, SfgeKind::sign_flip}) {
        const SfgeConfig config{kind, {9, false}, {0.7, false}, 0};
        const Graph graph = random_graph(rng_), folded = fold_batch_norm(graph);
        const SfgeKey key = choose_at_random(graph, config.count, 3);
        const Graph changed = fold_batch_norm(encrypted(graph, key, config));
        std::vector<QuantWeights> clean;
        const std::vector<std::size_t> nodes = matrix_nodes(folded);
        for (const std::size_t node : nodes)
            clean.push_back(quantise_weights(folded.nodes[node].op, WeightScale::per_channel));
        const auto patches = network_patches(graph, key, config, clean);
        for (std::size_t l = 0; l < nodes.size(); ++l) {
            QuantWeights cells = clean[l];
            encrypt(patches[l], cells);
            const Tensor& wanted = matrix_weight(changed.nodes[nodes[l]].op);
            for (std::size_t i = 0; i < cells.q.size(); ++i) {
                const double scale = clean[l].scale[i / static_cast<std::size_t>(clean[l].shape.inputs)];
                const double level = wanted.data[i] * kLevels / scale;
                EXPECT_NEAR(cells.q[i], std::clamp(level, -255.0, 255.0), 0.501) << l << " " << i;
            }
            if (kind != SfgeKind::sign_flip) continue;
            for (const LevelPatch& patch : patches[l]) EXPECT_EQ(patch.encrypted, -patch.clean);
        }
    }
}

TEST(SfgeCells, WritesAndPulsesAreThoseOfTheCellsThatDiffer) {
    const auto count = [](std::int16_t from, std::int16_t to, int bits) {
        const CellWrites writes = cell_writes({{0, from, to}}, bits);
        return std::pair(writes.cells, writes.pulses);
    };
    using Pair = std::pair<std::int64_t, std::int64_t>;
    EXPECT_EQ(count(0b10110010, 0b10110010, 1), Pair(0, 0));
    EXPECT_EQ(count(0b10110010, 0b01110011, 1), Pair(3, 3));
    EXPECT_EQ(count(0b10110010, 0b01110011, 2), Pair(2, 2)); // 10 -> 01, 10 -> 11
    EXPECT_EQ(count(0b10110010, 0b01110011, 4), Pair(2, 5)); // 11 -> 7, 2 -> 3
    EXPECT_EQ(count(77, -77, 2), Pair(1, 1)) << "a flipped sign is one write of one cell";
    EXPECT_THROW(cell_writes(std::vector<LevelPatch>{}, 3), ModelError);
}

TEST_F(SfgeTest, GradientsThatAreNotFiniteAreRefused) {
    gradients_[1].data[3] = std::nanf("");
    EXPECT_THROW(choose_by_gradient(graph_, gradients_, {5, false}), UserError);
    EXPECT_THROW(choose_sign_flips(graph_, gradients_, {5, false}), UserError);
}

TEST_F(SfgeTest, AKeyTakesAnIndexAndASignForEachWeight) {
    const SfgeKey key = choose_by_gradient(graph_, gradients_, {20, false});
    EXPECT_EQ(weight_count(key), 40U);
    EXPECT_EQ(key_bits(graph_, key), 20U * (6 + 1) + 20U * (12 + 1)); // 48 and 3,000 weights
}

/// Weights in the key and bits of it, under the published settings.
std::pair<std::size_t, std::size_t> key_of(const Graph& graph, int most) {
    const SfgeKey key = choose_at_random(graph, {most, true}, 1);
    return {weight_count(key), key_bits(graph, key)};
}

TEST(SfgeKeySize, PublishedSettingsTakeTheBitsOfTheirConvAndDenseTensors) {
    EXPECT_EQ(key_of(resnet18(), 20), std::pair(std::size_t{397}, std::size_t{7'667})); // 0.94 KiB
    Graph graph = resnet50();
    // The published code counts three scales of batch norms in the shortcuts too, one of 1,024 and two of 2,048: with
    // them these are the 1,492 weights and 28,392 bits (3.47 KiB), and 2,052 weights and 39,542 bits (4.83 KiB).
    constexpr std::size_t kNorms = 3, kNormBits = 11 + 2 * 12;
    EXPECT_EQ(key_of(graph, 30), std::pair(1'492 - kNorms, 28'392 - kNormBits));
    for (int block = 0; block < 17; ++block) // ResNet-101: 23 blocks in the third stage in place of 6
        for (const Shape& shape : {Shape{256, 1024, 1, 1}, Shape{256, 256, 3, 3}, Shape{1024, 256, 1, 1}})
            graph.nodes.push_back({"more", Conv{{}, 1, Tensor(shape), {}}, {}, {}});
    EXPECT_EQ(key_of(graph, 20), std::pair(2'052 - kNorms, 39'542 - kNormBits));
}

TEST_F(SfgeTest, KeysAndGradientsOfOtherNetworksAreRefused) {
    gradients_.pop_back();
    EXPECT_THROW(choose_by_gradient(graph_, gradients_, {}), ModelError);
    EXPECT_THROW(perturbed(graph_, {}, {}), ModelError);
    SfgeKey key(2);
    key[0] = {{48}, {1}};
    EXPECT_THROW(with_flipped_signs(graph_, key), ModelError);
}

} // namespace
} // namespace veilram::test
