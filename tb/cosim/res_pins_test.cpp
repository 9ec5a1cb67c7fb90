// The state machine behind pins is the one that the scheduler runs.
#include "tb/cosim/res_transitions.hpp"
#include "tb/cosim/stimuli.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

namespace veilram::test {
namespace {

using In = ResPins::In;
using Out = ResPins::Out;

constexpr std::size_t kStates = 8;

/// A command's way through the machine: where it was, what came, whether it was legal, where it led.
using Step = std::tuple<ResState, ResCommand, bool, ResState>;

bool apply(ResCore& core, const In& in) {
    const auto layer = static_cast<int>(in.layer);
    switch (static_cast<ResCommand>(in.command)) {
    case ResCommand::power_off:
        core.power_off();
        return true;
    case ResCommand::begin_boot:
        return core.begin_boot(in.layers <= ResPins::kLayers ? static_cast<int>(in.layers) : 0);
    case ResCommand::blob_opened:
        return core.blob_opened(layer);
    case ResCommand::end_boot:
        return core.end_boot();
    case ResCommand::begin_unlock:
        return core.begin_unlock(layer);
    case ResCommand::end_unlock:
        return core.end_unlock(layer);
    case ResCommand::begin_lock:
        return core.begin_lock(layer);
    case ResCommand::end_lock:
        return core.end_lock(layer);
    case ResCommand::begin_shutdown:
        return core.begin_shutdown();
    case ResCommand::end_shutdown:
        return core.end_shutdown();
    case ResCommand::fail:
        core.fail(static_cast<ResFault>(in.cause));
        return true;
    }
    core.fail(ResFault::illegal_command);
    return false;
}

void expect_same(const Out& out, const ResCore& core) {
    ASSERT_EQ(static_cast<ResState>(out.state), core.state());
    ASSERT_EQ(static_cast<ResFault>(out.fault), core.fault());
    ASSERT_EQ(out.open, core.open().size());
    for (unsigned layer = 0; layer < ResPins::kLayers; ++layer) {
        const auto state = ResPins::state_of(out.layer_states, layer);
        ASSERT_EQ(state, core.layer_state(static_cast<int>(layer))) << layer;
    }
}

/// Offers a command, takes the answer a random while later and looks at both machines after every edge.
class Pair {
public:
    explicit Pair(ResPolicy policy) : core(policy) {}

    void command(const In& command) {
        In in = command;
        in.command_valid = 1;
        const ResState before = core.state();
        const bool legal = apply(core, in);
        model.clock(in);
        ASSERT_EQ(model.out().answer_valid, 1U);
        ASSERT_EQ(model.out().legal != 0, legal) << "command " << in.command;
        expect_same(model.out(), core);
        if (in.command < kResCommands) ++steps[{before, static_cast<ResCommand>(in.command), legal, core.state()}];
    }
    void take_answer(int stalls) {
        for (int k = 0; k < stalls; ++k) model.clock(In{});
        ASSERT_EQ(model.out().answer_valid, 1U);
        In in{};
        in.answer_ready = 1;
        model.clock(in);
        ASSERT_EQ(model.out().answer_valid, 0U);
        expect_same(model.out(), core);
    }
    void emergency() {
        ++emergencies[static_cast<std::size_t>(core.state())];
        core.begin_emergency();
        In in{};
        in.emergency = 1;
        model.clock(in);
        expect_same(model.out(), core);
    }

    ResCore core;
    ResCycle model;
    std::map<Step, int> steps;
    std::array<int, kStates> emergencies{};
};

Word limit_of(ResPolicy policy, const Out& out) { return open_layers(policy, out.layers); }

/// Random commands, most of them legal, and emergencies.
void play(Pair& pair, ResPolicy policy, int commands) {
    const Stimulus stimulus = res_stimulus();
    Rng rng = make_rng(1, "commands under " + to_string(policy));
    for (int k = 0; k < commands && !::testing::Test::HasFatalFailure(); ++k) {
        if (rng() % 64 == 0) pair.emergency();
        In in{};
        in.command = rng() % 16;
        in.layer = rng() % 256;
        in.layers = rng() % 256;
        in.cause = rng() % 6;
        in.open_limit = limit_of(policy, pair.model.out());
        stimulus.shape(rng, 0, pair.model.outputs(), reinterpret_cast<Word*>(&in));
        pair.command(in);
        pair.take_answer(static_cast<int>(rng() % 3));
    }
}

using S = ResState;
using C = ResCommand;

/// Whether there is a layer, a number or a moment for which the command is refused in that state.
bool can_be_refused(S state, C command) {
    if (command == C::power_off || command == C::fail) return false;
    if (command == C::begin_shutdown)
        return state == S::unlocking || state == S::compute || state == S::locking || state == S::shutdown;
    return true;
}

class ResPinsTest : public ::testing::Test {
protected:
    void play_all(int commands) {
        for (const auto policy : {ResPolicy::per_layer, ResPolicy::prefetch, ResPolicy::resident}) {
            SCOPED_TRACE(to_string(policy));
            Pair pair(policy);
            play(pair, policy, commands);
            for (const auto& [step, count] : pair.steps) steps[step] += count;
            for (std::size_t s = 0; s < kStates; ++s) emergencies[s] += pair.emergencies[s];
        }
    }

    std::map<Step, int> steps;
    std::array<int, kStates> emergencies{};
};

TEST_F(ResPinsTest, EveryStepIsTheCores) {
    play_all(100'000);
    std::set<ResTransition> legal;
    std::set<std::pair<S, C>> refused;
    for (const auto& [step, count] : steps) {
        const auto& [from, command, was_legal, to] = step;
        if (was_legal)
            legal.insert({from, command, to});
        else {
            refused.insert({from, command});
            EXPECT_EQ(to, S::fault);
        }
    }
    EXPECT_EQ(legal, res_transitions());
    for (std::size_t s = 0; s < kStates; ++s)
        for (std::size_t c = 0; c < kResCommands; ++c) {
            const auto state = static_cast<S>(s);
            const auto command = static_cast<C>(c);
            EXPECT_EQ(refused.count({state, command}) != 0, can_be_refused(state, command))
                << to_string(state) << " " << c;
        }
    for (std::size_t s = 0; s < kStates; ++s) EXPECT_GT(emergencies[s], 0) << to_string(static_cast<S>(s));
}

TEST_F(ResPinsTest, ACommandDuringAnEmergencyIsRefusedAndDoesNothing) {
    ResCycle model;
    In in{};
    in.emergency = in.command_valid = 1;
    in.command = static_cast<Word>(C::fail);
    in.cause = static_cast<Word>(ResFault::memory);
    model.clock(in);
    EXPECT_EQ(model.out().answer_valid, 1U);
    EXPECT_EQ(model.out().legal, 0U);
    EXPECT_EQ(static_cast<S>(model.out().state), S::shutdown);
    EXPECT_EQ(static_cast<ResFault>(model.out().fault), ResFault::none);
}

TEST_F(ResPinsTest, ACommandWithoutANameIsIllegal) {
    for (Word command = kResCommands; command < 16; ++command) {
        ResCycle model;
        In in{};
        in.command_valid = 1;
        in.command = command;
        model.clock(in);
        EXPECT_EQ(model.out().legal, 0U);
        EXPECT_EQ(static_cast<S>(model.out().state), S::fault);
        EXPECT_EQ(static_cast<ResFault>(model.out().fault), ResFault::illegal_command);
    }
}

} // namespace
} // namespace veilram::test
