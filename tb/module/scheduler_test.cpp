#include "tb/module/scheduler_bench.hpp"
#include "tb/support/implementations.hpp"
#include "tb/support/random_data.hpp"

namespace veilram::test {
namespace {

using Action = SchedulerRequest::Action;

class SchedulerTest : public BenchTest<SchedulerBench>, public OfEveryImplementation {
protected:
    void expect_locked_registers() {
        EXPECT_EQ(bench.gsl.loaded(), 0U);
        EXPECT_FALSE(bench.converter.loaded());
        EXPECT_TRUE(bench.mask.layers.empty());
    }
    void expect_fault(ResFault fault) {
        EXPECT_EQ(bench.query().state, ResState::fault);
        EXPECT_EQ(bench.query().fault, fault);
        expect_locked_registers();
        for (std::uint32_t layer = 0; layer < kLayers; ++layer) EXPECT_FALSE(bench.slot_filled(layer));
        bench.settle(bench.unlock(0));
        EXPECT_EQ(bench.query().state, ResState::fault) << "nothing is unlocked until the next power cycle";
        expect_locked_registers();
    }
};

TEST_P(SchedulerTest, BootOpensEveryBlobAndEndsLocked) {
    simulate([&] {
        EXPECT_EQ(bench.query().state, ResState::off);
        bench.boot();
        EXPECT_EQ(bench.query().state, ResState::locked);
        for (std::uint32_t layer = 0; layer < kLayers; ++layer) EXPECT_TRUE(bench.slot_filled(layer));
        expect_locked_registers();
    });
}

TEST_P(SchedulerTest, UnlockingBringsOneLayersSecretsIntoTheRegisters) {
    simulate([&] {
        bench.boot();
        for (int layer = 0; layer < static_cast<int>(kLayers); ++layer) {
            bench.settle(bench.unlock(layer));
            const LayerSecrets& secrets = bench.secrets[static_cast<std::size_t>(layer)];
            EXPECT_EQ(bench.gsl.loaded(), kN * secrets.gsl.size());
            EXPECT_EQ(bench.mask.key, secrets.mask_key);
            EXPECT_EQ(bench.mask.weight_sums, secrets.weight_sums);
            bench.check_registers(secrets, kFirstCrossbar[layer]);
            bench.settle(bench.lock(layer));
            expect_locked_registers();
        }
    });
}

TEST_P(SchedulerTest, OnlyTheCrossbarsOfTheOpenLayerCanBeRead) {
    simulate([&] {
        bench.boot();
        bench.settle(bench.unlock(1)); // crossbars 1 and 2
        EXPECT_EQ(bench.read_status(0), tlm::TLM_COMMAND_ERROR_RESPONSE);
        EXPECT_EQ(bench.read_status(1), tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(bench.read_status(2), tlm::TLM_OK_RESPONSE);
    });
}

TEST_P(SchedulerTest, TheStateFollowsOnTheTimeAxis) {
    simulate([&] {
        bench.boot();
        const Answer unlock = bench.unlock(1);
        EXPECT_EQ(unlock.time, bench.unlock_time(1));
        EXPECT_EQ(bench.query().state, ResState::unlocking);
        wait(unlock.time);
        EXPECT_EQ(bench.query().state, ResState::unlocking); // the call came 7 ps into the quantum
        wait(ps(7));
        EXPECT_EQ(bench.query().state, ResState::compute);
        const Answer lock = bench.lock(1);
        EXPECT_EQ(lock.time, ps(kZeroise + kTableLoad + kMaskLoad));
        EXPECT_EQ(bench.query().state, ResState::locking);
        bench.settle(lock);
        EXPECT_EQ(bench.query().state, ResState::locked);
    });
}

TEST_P(SchedulerTest, ASecondLayerBesideTheFirstIsAFault) {
    simulate([&] {
        bench.boot();
        bench.settle(bench.unlock(0));
        bench.settle(bench.unlock(1));
        expect_fault(ResFault::illegal_command);
    });
}

TEST_P(SchedulerTest, ARefusedBlobEndsInFaultAndErasesWhatWasOpened) {
    simulate([&] {
        bench.change_blob(1);
        bench.boot();
        expect_fault(ResFault::blob_refused);
    });
}

TEST_P(SchedulerTest, AReplayedImageEndsInFault) {
    simulate([&] {
        bench.keys.raise_minimum_version(kVersion + 1);
        bench.boot();
        expect_fault(ResFault::version_replayed);
    });
}

TEST_P(SchedulerTest, AMemoryThatDoesNotAnswerEndsInFault) {
    simulate([&] {
        bench.begin_boot();
        auto request = bench.unseal_request(0);
        request.address = kMemoryBytes;
        ask(bench.isock, request);
        EXPECT_EQ(request.fault, ResFault::memory); // the answer carries it
        expect_fault(ResFault::memory);
    });
}

TEST_P(SchedulerTest, AMemoryFaultOfTheTileControllerEndsInFault) {
    simulate([&] {
        bench.act(Action::memory_fault);
        expect_fault(ResFault::memory);
    });
}

TEST_P(SchedulerTest, SecretsBeyondTheKeyStoreEndInFault) {
    simulate([&] {
        bench.secrets[1].weight_sums.resize(1000);
        bench.seal_image();
        bench.boot();
        expect_fault(ResFault::key_store_full);
    });
}

TEST_P(SchedulerTest, BootMustOpenEveryBlob) {
    simulate([&] {
        bench.begin_boot();
        bench.unseal(0);
        bench.act(Action::end_boot);
        expect_fault(ResFault::illegal_command);
    });
}

TEST_P(SchedulerTest, ShutdownErasesEverySecretFromLockedAndFromCompute) {
    simulate([&] {
        for (const bool open : {false, true}) {
            bench.boot();
            if (open) bench.settle(bench.unlock(0));
            const Answer shutdown = bench.act(Action::shutdown);
            EXPECT_EQ(bench.query().state, ResState::shutdown);
            expect_locked_registers();
            EXPECT_FALSE(bench.slot_filled(0));
            bench.settle(shutdown);
            EXPECT_EQ(bench.query().state, ResState::off);
        }
        bench.boot(); // and it boots again
        EXPECT_EQ(bench.query().state, ResState::locked);
    });
}

TEST_P(SchedulerTest, PowerLossAtAnyStepLeavesNoSecretAndNoStateBehind) {
    simulate([&] {
        const std::function<void()> moments[] = {
            [&] { bench.begin_boot(), bench.unseal(0); },
            [&] { bench.boot(); },
            [&] { bench.boot(), bench.unlock(0); },
            [&] { bench.boot(), bench.settle(bench.unlock(0)); },
            [&] { bench.boot(), bench.settle(bench.unlock(0)), bench.lock(0); },
            [&] { bench.boot(), bench.act(Action::shutdown); },
            [&] { bench.act(Action::memory_fault); },
        };
        for (const auto& moment : moments) {
            moment();
            bench.power(false);
            EXPECT_EQ(bench.act(Action::query).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
            expect_locked_registers();
            bench.power(true);
            wait(ps(100'000'000)); // nothing of the old life happens later
            EXPECT_EQ(bench.query().state, ResState::off);
            EXPECT_EQ(bench.query().fault, ResFault::none);
            EXPECT_FALSE(bench.slot_filled(0));
        }
    });
}

TEST_P(SchedulerTest, ARandomWalkFollowsTheStateMachineAndKeepsTheRegistersInStep) {
    simulate([&] {
        for (const auto seed : kSeeds) {
            Rng rng = make_rng(seed, "scheduler walk");
            bench.power(false);
            bench.power(true);
            ResCore model;
            for (int step = 0; step < 40; ++step) {
                if (model.state() == ResState::off) bench.boot(&model);
                // mostly legal steps, so that the walk goes on
                const bool legal = model.layer() >= 0 && random_int(rng, 0, 9) > 0;
                const int layer = legal ? model.layer() : random_int(rng, 0, kLayers - 1);
                switch (random_int(rng, 0, 9)) {
                case 0:
                    bench.settle(bench.act(Action::shutdown));
                    if (model.begin_shutdown()) model.end_shutdown();
                    break;
                case 1:
                    bench.power(false);
                    bench.power(true);
                    model.power_off();
                    break;
                default:
                    bench.toggle(layer, model);
                }
                ASSERT_EQ(bench.query().state, model.state()) << "seed " << seed << " step " << step;
                ASSERT_EQ(bench.converter.loaded(), model.state() == ResState::compute);
                ASSERT_EQ(bench.gsl.loaded() > 0, model.state() == ResState::compute);
                ASSERT_EQ(bench.mask.layers.empty(), model.state() != ResState::compute);
            }
        }
    });
}

TEST_P(SchedulerTest, TransactionsWithoutARequestAreRefused) {
    simulate([&] {
        EXPECT_EQ(ask_nothing(bench.isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_TRUE(closed_to_debug(bench.isock));
    });
}

TEST_P(SchedulerTest, CountsUnlocksAndTheTimeInClear) {
    simulate([&] {
        bench.boot();
        EXPECT_EQ(stat(bench.dut, "clear_time"), 0);
        const auto begin = sc_core::sc_time_stamp();
        bench.settle(bench.unlock(0));
        wait(ps(12'345));
        bench.settle(bench.lock(0));
        EXPECT_EQ(stat(bench.dut, "unlocks"), 1);
        EXPECT_EQ(stat(bench.dut, "locks"), 1);
        EXPECT_EQ(ps(stat(bench.dut, "clear_time")), sc_core::sc_time_stamp() - begin);
        wait(ps(1'000'000)); // locked time does not count
        EXPECT_EQ(ps(stat(bench.dut, "clear_time")), bench.unlock_time(0) + bench.lock_time() + ps(12'345 + 2 * 7));
    });
}

TEST_P(SchedulerTest, TheTimeInClearEndsWithThePower) {
    simulate([&] {
        bench.boot();
        const auto begin = sc_core::sc_time_stamp();
        bench.settle(bench.unlock(0));
        wait(ps(12'345));
        const auto end = sc_core::sc_time_stamp();
        bench.power(false);
        EXPECT_EQ(ps(stat(bench.dut, "clear_time")), end - begin);
        bench.power(true);
        EXPECT_EQ(ps(stat(bench.dut, "clear_time")), end - begin);
    });
}

TEST_P(SchedulerTest, TheTimeInClearEndsWithAShutdownOrAFault) {
    simulate([&] {
        bench.boot();
        bench.settle(bench.unlock(0));
        bench.settle(bench.act(Action::shutdown));
        const auto first = ps(stat(bench.dut, "clear_time"));
        EXPECT_EQ(first, bench.unlock_time(0) + bench.lock_time() + ps(2 * 7)) << "keys are erased after the registers";
        bench.boot();
        bench.settle(bench.unlock(0));
        const Answer fault = bench.unlock(1);
        bench.settle(fault);
        wait(ps(1'000'000));
        const auto second = ps(stat(bench.dut, "clear_time")) - first;
        EXPECT_GE(second, bench.unlock_time(0));
        EXPECT_LE(second, bench.unlock_time(0) + fault.time + ps(14));
    });
}

INSTANTIATE_TEST_SUITE_P(Made, SchedulerTest, ::testing::ValuesIn(implementations()), name_of_parameter);

} // namespace
} // namespace veilram::test
