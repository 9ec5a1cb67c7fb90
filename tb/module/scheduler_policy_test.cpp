// The scheduler's policies, and signs that are flipped at rest.
#include "hw/sim/sim_time.hpp"
#include "tb/module/scheduler_bench.hpp"
#include "tb/support/implementations.hpp"
#include "tb/support/random_data.hpp"

namespace veilram::test {
namespace {

using Action = SchedulerRequest::Action;

struct PrefetchBench : SchedulerBench {
    explicit PrefetchBench(const sc_core::sc_module_name& name) : SchedulerBench(name, ResPolicy::prefetch) {}
};
class PrefetchTest : public BenchTest<PrefetchBench>, public OfEveryImplementation {};

TEST_P(PrefetchTest, TwoLayersHaveTheirSecretsInTheRegisters) {
    simulate([&] {
        bench.boot();
        bench.settle(bench.unlock(0));
        const Answer second = bench.unlock(1);
        EXPECT_EQ(bench.query().state, ResState::compute) << "layer 0 goes on meanwhile";
        bench.settle(second);
        EXPECT_EQ(bench.gsl.loaded(), kCrossbars * kN);
        EXPECT_EQ(bench.mask.layers, (std::set<std::uint32_t>{0, 1}));
        bench.settle(bench.lock(0));
        EXPECT_EQ(bench.query().state, ResState::compute);
        EXPECT_EQ(bench.mask.layers, (std::set<std::uint32_t>{1}));
        EXPECT_EQ(bench.read_status(0), tlm::TLM_COMMAND_ERROR_RESPONSE);
        EXPECT_EQ(bench.read_status(1), tlm::TLM_OK_RESPONSE);
        bench.settle(bench.lock(1));
        EXPECT_EQ(bench.query().state, ResState::locked);
        EXPECT_EQ(bench.gsl.loaded(), 0U);
        EXPECT_FALSE(bench.converter.loaded());
    });
}

TEST_P(PrefetchTest, AwaitingALayerTakesWhatIsLeftOfItsUnlock) {
    simulate([&] {
        bench.boot();
        bench.unlock(0);
        wait(ps(1'000));
        EXPECT_EQ(bench.act(Action::await, 0).time, bench.unlock_time(0) - ps(1'000));
        bench.settle(bench.act(Action::await, 0));
        EXPECT_EQ(bench.act(Action::await, 0).time, ps(0));
        EXPECT_EQ(bench.query().state, ResState::compute);
    });
}

TEST_P(PrefetchTest, WeightsAreCountedForAsLongAsTheirLayerIsInClear) {
    simulate([&] {
        bench.boot();
        SchedulerRequest unlock;
        unlock.action = Action::unlock;
        unlock.weights = 3'000'000;
        const auto begin = sc_core::sc_time_stamp();
        ask(bench.isock, unlock);
        wait(ps(2'000'000));
        bench.settle(bench.lock(0));
        const double us = to_ps(sc_core::sc_time_stamp() - begin).value * 1e-6;
        EXPECT_NEAR(static_cast<double>(stat(bench.dut, "exposure")), 3e6 * us, 1.0);
    });
}

/// Layer 1 (crossbars 1 and 2) has three flipped signs.
class FlipsTest : public BenchTest<SchedulerBench>, public OfEveryImplementation {
protected:
    static constexpr std::size_t kFlips = 3;
    BitMatrix rest; ///< sign cells at rest, journal included
    BitMatrix clear;

    void boot_with_flips() {
        rest = bench.dump_signs();
        clear = rest;
        bench.secrets[1].flips.clear();
        for (const SignFlip& place : {SignFlip{0, 1, 2, false}, SignFlip{1, 0, 255, false}, SignFlip{1, 1, 0, false}}) {
            SignFlip flip = place;
            const std::size_t row = (1 + flip.crossbar) * kN + flip.row;
            flip.at_rest = rest.get(row, flip.column);
            bench.secrets[1].flips.push_back(flip);
            clear.set(row, flip.column, !flip.at_rest);
        }
        clear.set(kCrossbars * kN, 1, true); // the journal
        bench.seal_image();
        bench.boot();
    }
    void simulate(std::function<void()> body) {
        BenchTest::simulate([this, body = std::move(body)] {
            bench.seal_image();
            boot_with_flips();
            body();
        });
    }
    sc_core::sc_time write_time() const { return ps((kFlips + 1) * (kSignRead + kPulse)); }
    /// How many cells differ.
    static int difference(const BitMatrix& a, const BitMatrix& b) {
        int count = 0;
        for (std::size_t row = 0; row < a.rows(); ++row)
            for (std::size_t col = 0; col < a.cols(); ++col) count += a.get(row, col) != b.get(row, col) ? 1 : 0;
        return count;
    }
    /// Another life, booted.
    void next_life() {
        bench.power(false);
        bench.power(true);
        bench.boot();
    }
};

TEST_P(FlipsTest, UnlockingWritesSignsRightAndLockingWritesThemBack) {
    simulate([&] {
        EXPECT_EQ(difference(bench.dump_signs(), rest), 0);
        bench.settle(bench.unlock(0));
        EXPECT_EQ(difference(bench.dump_signs(), rest), 0) << "this layer has none";
        bench.settle(bench.lock(0));
        const Answer unlock = bench.unlock(1);
        EXPECT_EQ(unlock.time, bench.unlock_time(1) + write_time());
        bench.settle(unlock);
        EXPECT_EQ(difference(bench.dump_signs(), clear), 0);
        const Answer lock = bench.lock(1);
        EXPECT_GE(lock.time, bench.lock_time() + write_time());
        bench.settle(lock);
        EXPECT_EQ(difference(bench.dump_signs(), rest), 0);
        EXPECT_EQ(stat(bench.signs, "cell_writes"), 2 * (kFlips + 1));
        EXPECT_EQ(stat(bench.signs, "most_pulses"), 2);
    });
}

TEST_P(FlipsTest, ACutAtAnyMomentIsMendedByTheNextBoot) {
    simulate([&] {
        const auto whole = bench.unlock_time(1) + write_time();
        for (int eighth = 0; eighth <= 8; ++eighth) {
            bench.unlock(1);
            wait(whole * (eighth / 8.0));
            next_life();
            wait(whole * 3);
            EXPECT_EQ(bench.query().state, ResState::locked) << eighth;
            EXPECT_EQ(difference(bench.dump_signs(), rest), 0) << eighth;
            bench.settle(bench.unlock(1));
            EXPECT_EQ(difference(bench.dump_signs(), clear), 0) << eighth;
            const Answer lock = bench.lock(1);
            wait(lock.time * (eighth / 8.0));
            next_life();
            wait(whole * 3);
            EXPECT_EQ(difference(bench.dump_signs(), rest), 0) << eighth;
        }
        EXPECT_GT(stat(bench.dut, "recoveries"), 8);
        EXPECT_GT(stat(bench.signs, "torn_pulses"), 0);
    });
}

TEST_P(FlipsTest, ACutDuringTheRecoveryIsMendedByTheBootAfterThat) {
    simulate([&] {
        for (int eighth = 0; eighth <= 8; ++eighth) {
            bench.settle(bench.unlock(1));
            next_life();
            EXPECT_EQ(bench.query().state, ResState::boot) << "signs are being written back";
            wait(write_time() * (eighth / 8.0));
            next_life();
            wait(write_time() * 3);
            EXPECT_EQ(bench.query().state, ResState::locked);
            EXPECT_EQ(difference(bench.dump_signs(), rest), 0) << eighth;
        }
    });
}

TEST_P(FlipsTest, ShutdownAndFaultWriteSignsBack) {
    simulate([&] {
        bench.settle(bench.unlock(1));
        bench.settle(bench.act(Action::shutdown));
        EXPECT_EQ(bench.query().state, ResState::off);
        EXPECT_EQ(difference(bench.dump_signs(), rest), 0);
        bench.boot();
        bench.settle(bench.unlock(1));
        const Answer fault = bench.unlock(0); // a second layer
        EXPECT_EQ(bench.query().state, ResState::fault);
        wait(fault.time + ps(7) + write_time() * 2);
        EXPECT_EQ(difference(bench.dump_signs(), rest), 0);
    });
}

TEST_P(FlipsTest, AnEmergencyEmptiesTheRegistersAndWritesWhatIsInClearBack) {
    simulate([&] {
        for (const bool settled : {true, false}) {
            const Answer unlock = bench.unlock(1);
            wait(settled ? unlock.time + ps(7) : bench.unlock_time(1) + write_time() * 0.4);
            EmergencyRequest emergency;
            const Answer answer = ask(bench.emergency_isock, emergency);
            EXPECT_EQ(bench.query().state, ResState::shutdown);
            EXPECT_EQ(bench.gsl.loaded(), 0U);
            EXPECT_FALSE(bench.converter.loaded());
            EXPECT_GE(emergency.energy, Fj{600});
            EXPECT_LE(emergency.energy, Fj{(kFlips + 1) * 600});
            bench.settle(answer);
            EXPECT_EQ(difference(bench.dump_signs(), rest), 0) << settled;
            next_life();
        }
    });
}

TEST_P(FlipsTest, AnEmergencyDuringAShutdownWaitsForItsWrites) {
    simulate([&] {
        bench.settle(bench.unlock(1));
        const Answer shutdown = bench.act(Action::shutdown);
        wait(shutdown.time - write_time() * 0.5);
        EmergencyRequest emergency;
        const Answer answer = ask(bench.emergency_isock, emergency);
        EXPECT_GT(emergency.energy, Fj{});
        bench.settle(answer);
        EXPECT_EQ(difference(bench.dump_signs(), rest), 0);
    });
}

TEST_P(FlipsTest, AnEmergencyWithNothingInClearCostsNothing) {
    simulate([&] {
        EmergencyRequest emergency;
        ask(bench.emergency_isock, emergency);
        EXPECT_EQ(emergency.energy, Fj{});
        EXPECT_EQ(ask_nothing(bench.emergency_isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
    });
}

INSTANTIATE_TEST_SUITE_P(Made, PrefetchTest, ::testing::ValuesIn(implementations()), name_of_parameter);

INSTANTIATE_TEST_SUITE_P(Made, FlipsTest, ::testing::ValuesIn(implementations()), name_of_parameter);

} // namespace
} // namespace veilram::test
