#include "hw/res/res_core.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

namespace veilram::test {
namespace {

constexpr int kLayers = 2;

constexpr ResState kStates[] = {ResState::off,     ResState::boot,    ResState::locked,   ResState::unlocking,
                                ResState::compute, ResState::locking, ResState::shutdown, ResState::fault};

/// The machine in `state`, on the straight way there; with layer 1 where a layer is open.
ResCore core_in(ResState state) {
    ResCore core;
    if (state == ResState::fault) {
        core.fail(ResFault::memory);
        return core;
    }
    const std::function<void()> way[] = {[&] {
                                             core.begin_boot(kLayers);
                                             core.blob_opened(0);
                                             core.blob_opened(1);
                                         },
                                         [&] { core.end_boot(); },
                                         [&] { core.begin_unlock(1); },
                                         [&] { core.end_unlock(1); },
                                         [&] { core.begin_lock(1); },
                                         [&] { core.end_lock(1); },
                                         [&] { core.begin_shutdown(); }};
    for (const auto& step : way) {
        // LOCKED is passed twice: the second time only on the way to SHUTDOWN.
        if (core.state() == state) return core;
        step();
    }
    return core;
}

struct Step {
    const char* name;
    std::function<bool(ResCore&)> take;
    std::map<ResState, ResState> legal; ///< from, to; everything else is refused
};

const std::vector<Step>& steps() {
    using S = ResState;
    static const std::vector<Step> all{
        {"begin_boot", [](ResCore& c) { return c.begin_boot(kLayers); }, {{S::off, S::boot}}},
        {"blob_opened", [](ResCore& c) { return c.blob_opened(kLayers); }, {}}, // legal calls: a test of their own
        {"end_boot", [](ResCore& c) { return c.end_boot(); }, {{S::boot, S::locked}}},
        {"begin_unlock", [](ResCore& c) { return c.begin_unlock(1); }, {{S::locked, S::unlocking}}},
        {"end_unlock", [](ResCore& c) { return c.end_unlock(1); }, {{S::unlocking, S::compute}}},
        {"begin_lock", [](ResCore& c) { return c.begin_lock(1); }, {{S::compute, S::locking}}},
        {"end_lock", [](ResCore& c) { return c.end_lock(1); }, {{S::locking, S::locked}}},
        {"begin_shutdown",
         [](ResCore& c) { return c.begin_shutdown(); },
         {{S::off, S::shutdown},
          {S::boot, S::shutdown},
          {S::locked, S::shutdown},
          {S::compute, S::shutdown},
          {S::fault, S::shutdown}}},
        {"end_shutdown", [](ResCore& c) { return c.end_shutdown(); }, {{S::shutdown, S::off}}}};
    return all;
}

TEST(ResCoreTest, EveryStateCanBeReached) {
    for (const auto state : kStates) EXPECT_EQ(core_in(state).state(), state) << to_string(state);
}

TEST(ResCoreTest, EveryStepInEveryStateIsLegalOrEndsInFault) {
    for (const auto state : kStates)
        for (const auto& step : steps()) {
            SCOPED_TRACE(std::string(step.name) + " in " + to_string(state));
            ResCore core = core_in(state);
            const auto next = step.legal.find(state);
            EXPECT_EQ(step.take(core), next != step.legal.end());
            EXPECT_EQ(core.state(), next != step.legal.end() ? next->second : ResState::fault);
            const bool legal = next != step.legal.end();
            const ResFault before = state == ResState::fault ? ResFault::memory : ResFault::illegal_command;
            EXPECT_EQ(core.fault(), legal && state != ResState::fault ? ResFault::none : before);
        }
}

TEST(ResCoreTest, PowerLossEndsEveryStateInOff) {
    for (const auto state : kStates) {
        ResCore core = core_in(state);
        core.power_off();
        EXPECT_EQ(core.state(), ResState::off) << to_string(state);
        EXPECT_EQ(core.fault(), ResFault::none) << to_string(state);
        EXPECT_EQ(core.layer(), -1) << to_string(state);
        EXPECT_TRUE(core.begin_boot(kLayers)) << to_string(state);
    }
}

TEST(ResCoreTest, AFailureEndsEveryStateInFault) {
    for (const auto state : kStates) {
        ResCore core = core_in(state);
        core.fail(ResFault::blob_refused);
        EXPECT_EQ(core.state(), ResState::fault);
        EXPECT_EQ(core.fault(), state == ResState::fault ? ResFault::memory : ResFault::blob_refused);
        EXPECT_EQ(core.layer(), -1);
    }
}

TEST(ResCoreTest, AShutdownForgetsTheFault) {
    ResCore core = core_in(ResState::fault);
    ASSERT_TRUE(core.begin_shutdown());
    EXPECT_EQ(core.fault(), ResFault::memory) << "until everything is erased";
    ASSERT_TRUE(core.end_shutdown());
    EXPECT_EQ(core.fault(), ResFault::none);
    EXPECT_TRUE(core.begin_boot(kLayers));
}

TEST(ResCoreTest, BlobsMustOpenOnceEachAndInOrder) {
    const auto boot = [](std::initializer_list<int> layers) {
        ResCore core;
        core.begin_boot(kLayers);
        for (const int layer : layers) core.blob_opened(layer);
        core.end_boot();
        return core.state();
    };
    EXPECT_EQ(boot({0, 1}), ResState::locked);
    EXPECT_EQ(boot({}), ResState::fault);
    EXPECT_EQ(boot({0}), ResState::fault);
    EXPECT_EQ(boot({1, 0}), ResState::fault);
    EXPECT_EQ(boot({0, 0}), ResState::fault);
    EXPECT_EQ(boot({0, 1, 2}), ResState::fault);
    EXPECT_EQ(boot({-1, 0, 1}), ResState::fault);
}

TEST(ResCoreTest, AnImageWithoutLayersCannotBoot) {
    for (const int layers : {0, -1}) {
        ResCore core;
        EXPECT_FALSE(core.begin_boot(layers));
        EXPECT_EQ(core.state(), ResState::fault);
    }
}

TEST(ResCoreTest, OnlyExistingLayersUnlock) {
    for (const int layer : {-1, kLayers, kLayers + 1}) {
        ResCore core = core_in(ResState::locked);
        EXPECT_FALSE(core.begin_unlock(layer)) << layer;
        EXPECT_EQ(core.state(), ResState::fault) << layer;
    }
}

TEST(ResCoreTest, OnlyTheOpenLayerLocks) {
    for (const int layer : {-1, 0, kLayers}) {
        ResCore core = core_in(ResState::compute);
        EXPECT_FALSE(core.begin_lock(layer)) << layer;
        EXPECT_EQ(core.state(), ResState::fault) << layer;
    }
}

TEST(ResCoreTest, ALayerIsNamedWhileItIsOpenAndOnlyThen) {
    ResCore core = core_in(ResState::locked);
    for (int layer = 0; layer < kLayers; ++layer) {
        EXPECT_EQ(core.layer(), -1);
        core.begin_unlock(layer);
        EXPECT_EQ(core.layer(), layer);
        core.end_unlock(layer);
        core.begin_lock(layer);
        EXPECT_EQ(core.layer(), layer);
        core.end_lock(layer);
    }
    EXPECT_EQ(core.layer(), -1);
}

/// Booted, with as many layers.
ResCore booted(ResPolicy policy, int layers) {
    ResCore core(policy);
    core.begin_boot(layers);
    for (int layer = 0; layer < layers; ++layer) core.blob_opened(layer);
    core.end_boot();
    return core;
}

TEST(ResCoreTest, APolicySaysHowManyLayersMayBeInClear) {
    constexpr int kMany = 5;
    for (const auto policy : {ResPolicy::per_layer, ResPolicy::prefetch, ResPolicy::resident}) {
        const auto allowed = static_cast<int>(open_layers(policy, kMany));
        ResCore core = booted(policy, kMany);
        for (int layer = 0; layer < allowed; ++layer) {
            EXPECT_TRUE(core.begin_unlock(layer)) << to_string(policy) << layer;
            EXPECT_TRUE(core.end_unlock(layer));
        }
        EXPECT_EQ(core.open().size(), open_layers(policy, kMany));
        if (allowed == kMany) continue;
        EXPECT_FALSE(core.begin_unlock(allowed)) << to_string(policy);
        EXPECT_EQ(core.fault(), ResFault::illegal_command);
    }
    EXPECT_EQ(open_layers(ResPolicy::per_layer, kMany), 1U);
    EXPECT_EQ(open_layers(ResPolicy::prefetch, kMany), 2U);
    EXPECT_EQ(open_layers(ResPolicy::resident, kMany), 5U);
}

TEST(ResCoreTest, TheNextLayerIsUnlockedWhileTheFirstComputes) {
    ResCore core = booted(ResPolicy::prefetch, 3);
    core.begin_unlock(0);
    EXPECT_EQ(core.state(), ResState::unlocking);
    core.end_unlock(0);
    core.begin_unlock(1);
    EXPECT_EQ(core.state(), ResState::compute) << "layer 0 is in clear";
    EXPECT_EQ(core.layer(), 0);
    EXPECT_EQ(core.layer_state(1), LayerState::unlocking);
    core.end_unlock(1);
    core.begin_lock(0);
    EXPECT_EQ(core.state(), ResState::compute);
    EXPECT_FALSE(ResCore(core).begin_unlock(2)) << "layer 0 still counts";
    core.end_lock(0);
    EXPECT_EQ(core.layer(), 1);
    EXPECT_TRUE(core.begin_unlock(2));
}

TEST(ResCoreTest, AnEmergencyLeadsToShutdownFromEverywhere) {
    for (const auto state : kStates) {
        ResCore core = core_in(state);
        core.begin_emergency();
        EXPECT_EQ(core.state(), ResState::shutdown) << to_string(state);
        EXPECT_FALSE(core.begin_unlock(1));
    }
}

TEST(ResCoreTest, BootIsPossibleAgainAfterAShutdown) {
    ResCore core = core_in(ResState::shutdown);
    ASSERT_TRUE(core.end_shutdown());
    EXPECT_TRUE(core.begin_boot(kLayers));
    EXPECT_FALSE(core.end_boot()); // and needs its blobs again
}

TEST(ResCoreTest, StatesAndFaultsHaveNamesOfTheirOwn) {
    std::set<std::string> names;
    for (const auto state : kStates) names.insert(to_string(state));
    EXPECT_EQ(names.size(), 8U);
    EXPECT_EQ(res_state_names().size(), 8U);
    EXPECT_EQ(to_string(ResState::compute), "COMPUTE");
    names.clear();
    for (const auto fault : {ResFault::none, ResFault::blob_refused, ResFault::version_replayed, ResFault::memory,
                             ResFault::key_store_full, ResFault::illegal_command})
        names.insert(to_string(fault));
    EXPECT_EQ(names.size(), 6U);
}

} // namespace
} // namespace veilram::test
