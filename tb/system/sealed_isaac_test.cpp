// Sparse fast gradient encryption on plain cells: boot, unlocking by writes, locking, wear, and power that goes.
#include "models/sfge/sfge.hpp"
#include "tb/host/isaac_cuts.hpp"
#include "tb/support/isaac_table.hpp"
#include "tb/support/powered_bench.hpp"
#include "tb/system/platform_test.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace veilram::test {
namespace {

/// The small network on plain cells, some weights of each layer moved far.
struct SealedScenario {
    Scenario scenario;
    std::vector<QuantWeights> weights;
    std::vector<std::vector<LevelPatch>> patches;
    LevelImage clear, sealed;

    SealedScenario() {
        std::vector<LayerQuant> quants;
        for (const std::size_t index : matrix_nodes(scenario.graph)) {
            const Op& op = scenario.graph.nodes[index].op;
            weights.push_back(quantise_weights(op, WeightScale::per_channel));
            const auto* conv = std::get_if<Conv>(&op);
            std::vector<float> bias = conv != nullptr ? conv->bias : std::get<Dense>(op).bias;
            bias.resize(weights.back().scale.size());
            quants.push_back({scenario.activations[quants.size()], weights.back().scale, bias});
        }
        const SfgeConfig sfge{SfgeKind::random, {3, false}, {0.5, false}, 0};
        patches = network_patches(scenario.graph, choose_at_random(scenario.graph, sfge.count, 1), sfge, weights);
        clear = make_level_image(scenario.graph, scenario.config.input, quants, weights, 1);
        sealed = encrypt(clear, patches, scenario.config.keys);
    }
    Tensor images(std::size_t count) const {
        const auto pixels = scenario.pixels(1);
        Bytes all;
        for (std::size_t i = 0; i < count; ++i) all.insert(all.end(), pixels.begin(), pixels.end());
        return to_tensor(all.data(), count, scenario.graph.in_shape, scenario.config.input);
    }
    std::vector<float> logits(const LevelImage& image, std::size_t count = 1) const {
        ExactEngine engine(image.program.layers, image.levels);
        return infer(image.program.graph, images(count), engine).data;
    }
};

class SealedIsaacTest : public ::testing::Test {
protected:
    SealedScenario network;
    std::unique_ptr<IsaacOwner> owner;

    static IsaacConfig isaac(int bits) {
        IsaacConfig config = published_isaac();
        config.bits = bits;
        config.tiles = 1;
        config.imas_per_tile = 2;
        return config;
    }
    SealedIsaacConfig config(ResPolicy policy) const {
        const ChipConfig chip = network.scenario.chip();
        SealedIsaacConfig cfg;
        cfg.policy = policy;
        cfg.root_key = chip.root_key;
        cfg.costs = chip.costs;
        return cfg;
    }
    void simulate(const SealedIsaacConfig& cfg, const std::function<void()>& body, int bits = 16) {
        owner = std::make_unique<IsaacOwner>("owner", isaac(bits), cfg, network.sealed);
        owner->run(body);
    }
    /// How many levels every cell that changes is away from its level in clear, the journal's cells among them.
    std::vector<std::int64_t> distances() const {
        std::vector<std::int64_t> all;
        for (std::size_t l = 0; l < network.patches.size(); ++l) {
            if (!network.patches[l].empty()) all.push_back(1); // of the journal
            for (const LevelPatch& patch : network.patches[l]) {
                const auto clear = owner->map().cells(l, patch.index, patch.clean),
                           rest = owner->map().cells(l, patch.index, patch.encrypted);
                for (std::size_t i = 0; i < clear.size(); ++i)
                    if (clear[i].digit != rest[i].digit) all.push_back(std::abs(clear[i].digit - rest[i].digit));
            }
        }
        return all;
    }
    /// Pulses that bring all layers from rest to clear.
    std::int64_t steps() const {
        const auto all = distances();
        return std::accumulate(all.begin(), all.end(), std::int64_t{0});
    }
};

class SealedIsaacEverywhere : public SealedIsaacTest,
                              public ::testing::WithParamInterface<std::tuple<ResPolicy, int>> {};

TEST_P(SealedIsaacEverywhere, ComputesWithCleanWeightsAndRestsWithEncryptedOnes) {
    const auto [policy, bits] = GetParam();
    ASSERT_NE(network.logits(network.sealed), network.logits(network.clear));
    simulate(
        config(policy),
        [&] {
            const Bytes rest = owner->dump();
            for (int life = 0; life < 2; ++life) {
                owner->power_on();
                ASSERT_TRUE(owner->boot());
                EXPECT_EQ(owner->dump() == rest, policy != ResPolicy::resident);
                EXPECT_EQ(owner->infer(network.images(1)), network.logits(network.clear));
                EXPECT_EQ(owner->infer(network.images(3)), network.logits(network.clear, 3));
                EXPECT_TRUE(owner->power_off());
                EXPECT_EQ(owner->dump(), rest);
            }
            const std::int64_t unlocks = policy == ResPolicy::resident ? 2 : 4;
            EXPECT_EQ(stat(owner->chip().writer, "pulses"), unlocks * 2 * steps()) << "an image more costs none";
            EXPECT_EQ(stat(owner->chip().writer, "torn_pulses"), 0);
        },
        bits);
}

INSTANTIATE_TEST_SUITE_P(All, SealedIsaacEverywhere,
                         ::testing::Combine(::testing::Values(ResPolicy::per_layer, ResPolicy::prefetch,
                                                              ResPolicy::resident),
                                            ::testing::Values(8, 16)),
                         [](const auto& variant) {
                             return to_string(std::get<0>(variant.param)) + std::to_string(std::get<1>(variant.param)) +
                                    "Bits";
                         });

TEST_F(SealedIsaacTest, CellsThatHoldPatchesWearAndNoOthers) {
    simulate(config(ResPolicy::per_layer), [&] {
        owner->power_on();
        ASSERT_TRUE(owner->boot());
        for (int i = 0; i < 5; ++i) owner->infer(network.images(1));
        const auto all = distances();
        ASSERT_GT(all.size(), 5U);
        EXPECT_EQ(stat(owner->chip().writer, "worn_cells"), static_cast<std::int64_t>(all.size()));
        EXPECT_EQ(stat(owner->chip().writer, "most_pulses"), 10 * *std::max_element(all.begin(), all.end()));
        owner->power_off();
    });
}

TEST_F(SealedIsaacTest, UnlockingTakesTheTimeOfItsWrites) {
    SealedIsaacConfig slow = config(ResPolicy::per_layer);
    slow.costs.cell_write.time = Ps{100'000'000}; // so that nothing else matters
    simulate(slow, [&] {
        owner->power_on();
        ASSERT_TRUE(owner->boot());
        const auto begin = sc_core::sc_time_stamp();
        owner->infer(network.images(1));
        const double took = (sc_core::sc_time_stamp() - begin).to_seconds();
        EXPECT_NEAR(took, static_cast<double>(2 * steps()) * 1e-4, 0.1 * took);
        owner->power_off();
    });
}

TEST_F(SealedIsaacTest, AChangedBlobIsRefusedAndNothingIsWritten) {
    simulate(config(ResPolicy::per_layer), [&] {
        const Bytes rest = owner->dump();
        Bytes memory = owner->dump_memory();
        memory[memory.size() - 20] ^= 1U; // of the last blob
        owner->load_memory(memory);
        owner->power_on();
        EXPECT_FALSE(owner->boot());
        EXPECT_EQ(owner->state(), ResState::fault);
        EXPECT_TRUE(owner->infer(network.images(1)).empty());
        EXPECT_EQ(owner->dump(), rest);
        EXPECT_EQ(stat(owner->chip().writer, "pulses"), 0);
        owner->pull_plug();
    });
}

TEST_F(SealedIsaacTest, AResetInTheMiddleLeavesCellsThatTheNextBootWritesBack) {
    simulate(config(ResPolicy::per_layer), [&] {
        const Bytes rest = owner->dump();
        owner->power_on();
        ASSERT_TRUE(owner->boot());
        owner->load_input(network.images(1));
        owner->start(IsaacOwner::Action::infer);
        while (owner->dump() == rest) sc_core::wait(sc_core::sc_time(100, sc_core::SC_NS));
        owner->reset();
        EXPECT_EQ(owner->state(), ResState::off);
        EXPECT_EQ(owner->chip().power.remanent().secrets, 0) << "a reset clears what is volatile";
        EXPECT_NE(owner->dump(), rest);
        while (!owner->chip().rail.read()) sc_core::wait(sc_core::sc_time(1, sc_core::SC_US));
        ASSERT_TRUE(owner->boot());
        EXPECT_EQ(owner->dump(), rest);
        EXPECT_EQ(stat(owner->chip().res, "recoveries"), 1);
        EXPECT_EQ(owner->infer(network.images(1)), network.logits(network.clear));
        EXPECT_TRUE(owner->power_off());
    });
}

class SealedIsaacCuts : public SealedIsaacTest, public ::testing::WithParamInterface<std::tuple<ResPolicy, bool>> {};

TEST_P(SealedIsaacCuts, LeakNoMoreThanThePolicyAllowsAndLoseNothing) {
    const auto [policy, stored] = GetParam();
    SealedIsaacConfig cfg = config(policy);
    if (stored) cfg.hold_up = Fj{1'000'000'000};
    simulate(cfg, [&, policy = policy, stored = stored] {
        IsaacCuts life(*owner, network.clear, network.images(1), network.logits(network.clear));
        PowerCuts cuts(life, open_layers(policy, network.patches.size()));
        CutCounts all;
        for (const CutPhase phase : {CutPhase::boot, CutPhase::recovery, CutPhase::infer, CutPhase::power_off}) {
            const CutCounts counts = cuts.cut_everywhere(phase, {}, 3);
            EXPECT_EQ(counts.leaks, 0) << to_string(phase);
            EXPECT_EQ(counts.losses, 0) << to_string(phase);
            all += counts;
        }
        EXPECT_GT(all.cuts, 30);
        EXPECT_EQ(all.exposed > 0, !stored);
        EXPECT_EQ(stat(owner->chip().res, "recoveries") > 0, !stored);
        EXPECT_EQ(stat(owner->chip().writer, "torn_pulses") > 0, !stored);
    });
}

INSTANTIATE_TEST_SUITE_P(All, SealedIsaacCuts,
                         ::testing::Combine(::testing::Values(ResPolicy::per_layer, ResPolicy::prefetch,
                                                              ResPolicy::resident),
                                            ::testing::Bool()),
                         [](const auto& variant) {
                             return to_string(std::get<0>(variant.param)) +
                                    (std::get<1>(variant.param) ? "Stored" : "Bare");
                         });

TEST_F(SealedIsaacTest, CutsThatLeakOrLoseAreCounted) {
    simulate(config(ResPolicy::per_layer), [&] {
        auto wrong = network.logits(network.clear);
        wrong[0] += 1.0F;
        IsaacCuts mistaken(*owner, network.clear, network.images(1), wrong);
        EXPECT_EQ(PowerCuts(mistaken, 1).cut(CutPhase::infer, sc_core::SC_ZERO_TIME).losses, 1);
        IsaacCuts right(*owner, network.clear, network.images(1), network.logits(network.clear));
        const CutCounts strict = PowerCuts(right, 0).cut_everywhere(CutPhase::infer, {}, 5);
        EXPECT_GT(strict.leaks, 0);
        EXPECT_EQ(strict.leaks, strict.exposed);
    });
}

} // namespace
} // namespace veilram::test
