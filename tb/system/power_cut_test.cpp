// Power that goes at any moment, under every policy, with and without signs that are flipped at rest.
#include "models/image/sign_flips.hpp"
#include "models/sfge/key.hpp"
#include "tb/host/host_cuts.hpp"
#include "tb/system/platform_test.hpp"

#include <tuple>

namespace veilram::test {
namespace {

/// The scenario with some signs of each layer flipped at rest.
Scenario flipped_scenario() {
    Scenario scenario;
    add_sign_flips(scenario.compiled, scenario.compiled.image.nvm, choose_at_random(scenario.graph, {3, false}, 1),
                   scenario.config.keys);
    return scenario;
}

class PowerCut : public PlatformTest {
protected:
    static CutSubject subject(const Scenario& scenario) {
        const auto image = scenario.pixels(1);
        return {scenario.compiled.program, scenario.compiled.image.nvm, scenario.compiled.secrets, image,
                scenario.expected(image)};
    }
    static std::size_t allowed(const Scenario& scenario, ResPolicy policy) {
        return open_layers(policy, scenario.compiled.program.layers.size());
    }
    std::int64_t figure(const char* name) {
        std::int64_t sum = 0;
        for (const Stat& stat : collect_stats(chip()))
            if (stat.name == name) sum += stat.value;
        return sum;
    }
};

constexpr CutPhase kPhases[] = {CutPhase::boot, CutPhase::recovery, CutPhase::infer, CutPhase::power_off};

class PowerCutAnywhere : public PowerCut, public ::testing::WithParamInterface<std::tuple<ResPolicy, bool>> {};

TEST_P(PowerCutAnywhere, LeaksNoMoreThanThePolicyAllowsAndLosesNothing) {
    const auto [policy, flips] = GetParam();
    const Scenario scenario = flips ? flipped_scenario() : Scenario();
    ChipConfig chip = scenario.chip();
    chip.policy = policy;
    simulate(scenario, chip, [&, policy = policy, flips = flips] {
        HostCuts life(host(), subject(scenario));
        PowerCuts cuts(life, allowed(scenario, policy));
        CutCounts all;
        for (const CutPhase phase : kPhases) {
            const CutCounts counts = cuts.cut_everywhere(phase);
            EXPECT_EQ(counts.leaks, 0) << to_string(phase);
            EXPECT_EQ(counts.losses, 0) << to_string(phase);
            EXPECT_GE(counts.cuts, 3) << to_string(phase);
            all += counts;
        }
        EXPECT_EQ(all.exposed > 0, flips);
        EXPECT_EQ(figure("recoveries") > 0, flips);
        EXPECT_EQ(figure("torn_pulses") > 0, flips);
    });
}

INSTANTIATE_TEST_SUITE_P(All, PowerCutAnywhere,
                         ::testing::Combine(::testing::Values(ResPolicy::per_layer, ResPolicy::prefetch,
                                                              ResPolicy::resident),
                                            ::testing::Bool()),
                         [](const auto& variant) {
                             return to_string(std::get<0>(variant.param)) +
                                    (std::get<1>(variant.param) ? "Flipped" : "");
                         });

class StoredEnergy : public PowerCut, public ::testing::WithParamInterface<ResPolicy> {};

TEST_P(StoredEnergy, LeavesNoSignInClearInAnyDump) {
    const Scenario scenario = flipped_scenario();
    ChipConfig chip = scenario.chip();
    chip.policy = GetParam();
    chip.hold_up = Fj{1'000'000};
    simulate(scenario, chip, [&] {
        HostCuts life(host(), subject(scenario));
        PowerCuts cuts(life, allowed(scenario, GetParam()));
        for (const CutPhase phase : kPhases) {
            const CutCounts counts = cuts.cut_everywhere(phase);
            EXPECT_GE(counts.cuts, 3);
            EXPECT_EQ(counts.exposed, 0) << to_string(phase);
            EXPECT_EQ(counts.losses, 0) << to_string(phase);
        }
        EXPECT_EQ(figure("recoveries"), 0) << "nothing is left for the next boot";
        EXPECT_EQ(figure("torn_pulses"), 0);
    });
}

INSTANTIATE_TEST_SUITE_P(All, StoredEnergy,
                         ::testing::Values(ResPolicy::per_layer, ResPolicy::prefetch, ResPolicy::resident),
                         [](const auto& variant) { return to_string(variant.param); });

TEST_F(PowerCut, WhatIsWrongIsCounted) {
    const Scenario scenario = flipped_scenario();
    simulate(scenario, [&] {
        HostCuts right(host(), subject(scenario));
        const CutCounts leaking = PowerCuts(right, 0).cut_everywhere(CutPhase::infer);
        EXPECT_EQ(leaking.leaks, leaking.exposed);
        EXPECT_GT(leaking.leaks, 0);
        CutSubject wrong = subject(scenario);
        wrong.logits[0] += 1.0F;
        HostCuts mistaken(host(), wrong);
        EXPECT_EQ(PowerCuts(mistaken, 1).cut(CutPhase::infer, sc_core::SC_ZERO_TIME).losses, 1);
        NvmPart other = scenario.compiled.image.nvm;
        other.cells[0].set(0, 0, !other.cells[0].get(0, 0));
        const CutSubject good = subject(scenario);
        HostCuts strange(host(), {good.program, other, good.secrets, good.pixels, good.logits});
        const CutCounts counts = PowerCuts(strange, 1).cut(CutPhase::infer, sc_core::SC_ZERO_TIME);
        EXPECT_EQ(counts.leaks, 1);
        EXPECT_EQ(counts.losses, 1);
    });
}

TEST_F(PowerCut, PrefetchHidesTheSecondLayersUnlock) {
    const Scenario scenario;
    ChipConfig chip = scenario.chip();
    chip.policy = ResPolicy::prefetch;
    simulate(scenario, chip, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        auto image = scenario.pixels(1);
        host().transfer(tlm::TLM_WRITE_COMMAND, reg::kInput, image.data(), image.size());
        ASSERT_EQ(host().command(reg::kCtrlInfer), tlm::TLM_OK_RESPONSE);
        bool computed = false;
        while (true) {
            sc_core::wait(sc_core::sc_time(1, sc_core::SC_NS));
            const bool at_work = host().read(reg::kLayer) != 0xffffffffU;
            if (computed && !at_work) break; // the last layer is locked, the rest is digital
            const auto state = static_cast<ResState>(host().status().state);
            computed = computed || (at_work && state == ResState::compute);
            if (!computed || host().read(reg::kLayer) == 0xffffffffU) continue;
            EXPECT_TRUE(state == ResState::compute || state == ResState::locking) << "never is a layer waited for";
        }
        host().wait_done();
        EXPECT_EQ(figure("unlocks"), 2);
        EXPECT_EQ(figure("locks"), 2);
    });
}

TEST_F(PowerCut, PrefetchWaitsForALayerThatTakesLongerToUnlockThanTheOneBeforeComputes) {
    Scenario scenario;
    SfgeKey key = choose_at_random(scenario.graph, {100, false}, 1);
    key[0] = {}; // all in the second layer: 100 pulses of 50 ns
    add_sign_flips(scenario.compiled, scenario.compiled.image.nvm, key, scenario.config.keys);
    ChipConfig chip = scenario.chip();
    chip.policy = ResPolicy::prefetch;
    chip.costs.cell_write.time = Ps{5'000'000}; // and much longer ones
    simulate(scenario, chip, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        for (std::uint64_t seed = 1; seed <= 2; ++seed) {
            const auto image = scenario.pixels(seed);
            EXPECT_EQ(host().infer(image.data(), image.size()), scenario.expected(image));
            EXPECT_EQ(state(), ResState::locked);
        }
        EXPECT_TRUE(host().power_off());
        EXPECT_EQ(host().dump(scenario.compiled.program).signs, scenario.compiled.image.nvm.signs);
    });
}

class PolicyLogits : public PowerCut, public ::testing::WithParamInterface<ResPolicy> {};

TEST_P(PolicyLogits, AreTheSameBitsImageAfterImage) {
    const Scenario scenario = flipped_scenario();
    ChipConfig chip = scenario.chip();
    chip.policy = GetParam();
    simulate(scenario, chip, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            const auto image = scenario.pixels(seed);
            EXPECT_EQ(host().infer(image.data(), image.size()), scenario.expected(image));
        }
        const std::int64_t layers = 2;
        const std::int64_t unlocks = GetParam() == ResPolicy::resident ? layers : 3 * layers;
        EXPECT_EQ(figure("unlocks"), unlocks);
        const auto flips = static_cast<std::int64_t>(count_flips(scenario.compiled.secrets));
        ASSERT_TRUE(host().power_off());
        const std::int64_t written = 2 * (flips + layers) * unlocks / layers; // and the journal
        EXPECT_EQ(figure("cell_writes"), written);
        EXPECT_EQ(figure("most_pulses"), 2 * unlocks / layers);
        EXPECT_EQ(host().dump(scenario.compiled.program).signs, scenario.compiled.image.nvm.signs);
    });
}

INSTANTIATE_TEST_SUITE_P(All, PolicyLogits,
                         ::testing::Values(ResPolicy::per_layer, ResPolicy::prefetch, ResPolicy::resident),
                         [](const auto& variant) { return to_string(variant.param); });

} // namespace
} // namespace veilram::test
