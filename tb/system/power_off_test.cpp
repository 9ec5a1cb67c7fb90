// Power-off, orderly or not: nothing but the cells survives.
#include "models/attack/pirate.hpp"
#include "tb/system/platform_test.hpp"

namespace veilram::test {
namespace {

using PowerOff = PlatformTest;

TEST_F(PowerOff, LocksThenLowersTheRail) {
    const Scenario scenario;
    simulate(scenario, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        const auto begin = now();
        EXPECT_TRUE(host().power_off());
        EXPECT_GT(now(), begin) << "erasing the key store takes time";
        EXPECT_EQ(state(), ResState::off);
        EXPECT_FALSE(host().status().rail);
        EXPECT_EQ(host().command(reg::kCtrlInfer), tlm::TLM_COMMAND_ERROR_RESPONSE);
    });
}

TEST_F(PowerOff, IsOrderlyBeforeTheBootAndAfterARefusedOne) {
    const Scenario scenario;
    ChipConfig chip = scenario.chip();
    chip.root_key[0] ^= 1; // refuses every blob
    simulate(scenario, chip, [&] {
        host().power_on();
        EXPECT_TRUE(host().power_off());
        EXPECT_EQ(fault(), ResFault::none);
        host().power_on();
        ASSERT_FALSE(host().boot());
        EXPECT_EQ(state(), ResState::fault);
        EXPECT_EQ(fault(), ResFault::blob_refused);
        EXPECT_TRUE(host().power_off());
        EXPECT_EQ(state(), ResState::off);
        EXPECT_FALSE(host().status().rail);
    });
}

TEST_F(PowerOff, LeavesTheCellsAsTheFactoryWroteThem) {
    const Scenario scenario;
    simulate(scenario, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        const auto image = scenario.pixels(1);
        host().infer(image.data(), image.size());
        host().power_off();
        const NvmPart dump = host().dump(scenario.compiled.program);
        EXPECT_EQ(dump.cells, scenario.compiled.image.nvm.cells);
        EXPECT_EQ(dump.signs, scenario.compiled.image.nvm.signs);
    });
}

TEST_F(PowerOff, NeedsANewBootAfterwards) {
    const Scenario scenario;
    simulate(scenario, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        ASSERT_TRUE(host().power_off());
        host().power_on();
        EXPECT_EQ(state(), ResState::off);
        EXPECT_EQ(host().read(reg::kInputSize), 0U) << "the program memory is empty";
        const auto image = scenario.pixels(2);
        EXPECT_TRUE(host().infer(image.data(), image.size()).empty());
        ASSERT_TRUE(host().boot());
        EXPECT_EQ(host().infer(image.data(), image.size()), scenario.expected(image));
    });
}

TEST_F(PowerOff, AResetInTheMiddleOfAnInferenceForgetsEverySecret) {
    const Scenario scenario;
    simulate(scenario, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        auto image = scenario.pixels(4);
        host().transfer(tlm::TLM_WRITE_COMMAND, reg::kInput, image.data(), image.size());
        ASSERT_EQ(host().command(reg::kCtrlInfer), tlm::TLM_OK_RESPONSE);
        while (host().status().state != static_cast<std::uint32_t>(ResState::compute)) {
        }
        host().reset();
        EXPECT_EQ(state(), ResState::off);
        EXPECT_TRUE(host().status().rail) << "a reset is no power cut";
        EXPECT_EQ(host().read(reg::kInputSize), 0U) << "the program memory is empty";
        EXPECT_TRUE(host().infer(image.data(), image.size()).empty()) << "nothing is unsealed any more";
        ASSERT_TRUE(host().boot());
        EXPECT_EQ(host().infer(image.data(), image.size()), scenario.expected(image));
    });
}

TEST_F(PowerOff, ACutInTheMiddleOfAnInferenceLosesNothingButTheInference) {
    const Scenario scenario;
    simulate(scenario, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        auto image = scenario.pixels(3);
        host().transfer(tlm::TLM_WRITE_COMMAND, reg::kInput, image.data(), image.size());
        ASSERT_EQ(host().command(reg::kCtrlInfer), tlm::TLM_OK_RESPONSE);
        while (host().status().state != static_cast<std::uint32_t>(ResState::compute)) {
        }
        host().cut_power();
        EXPECT_EQ(state(), ResState::off);
        const Bytes seen = visible_to_a_thief(scenario);
        for (const auto& secret : secret_strings(scenario)) EXPECT_FALSE(contains(seen, secret));
        EXPECT_EQ(host().dump(scenario.compiled.program).cells, scenario.compiled.image.nvm.cells);
        host().power_on();
        ASSERT_TRUE(host().boot());
        EXPECT_EQ(host().infer(image.data(), image.size()), scenario.expected(image));
    });
}

/// A chip whose volatile memories remember for longer than the ramp takes, in the middle of a layer.
class Remanence : public PlatformTest {
protected:
    static constexpr std::int64_t kMicroseconds = 500;

    static ChipConfig chip_of(const Scenario& scenario, Fj hold_up = {}) {
        ChipConfig chip = scenario.chip();
        chip.remanence = Ps{kMicroseconds * 1'000'000};
        chip.hold_up = hold_up;
        return chip;
    }
    static void wait_us(std::int64_t time) {
        sc_core::wait(sc_core::sc_time(static_cast<double>(time), sc_core::SC_US));
    }
    void compute(const Scenario& scenario) {
        host().power_on();
        ASSERT_TRUE(host().boot());
        const auto image = scenario.pixels(3);
        ASSERT_TRUE(host().load_input(image.data(), image.size()));
        host().command(reg::kCtrlInfer);
        while (state() != ResState::compute) {
        }
    }
    /// Bits of all sealed secrets, which are in the key SRAM from boot to power-off.
    static std::int64_t key_sram_bits(const Scenario& scenario) {
        std::int64_t bits = 0;
        for (const LayerSecrets& layer : scenario.compiled.secrets)
            bits += 8 * static_cast<std::int64_t>(encode(layer, scenario.config.array).size());
        return bits;
    }
    std::int64_t secrets() { return chip().remanent().secrets; }
};

TEST_F(Remanence, ACutLeavesKeysAndTheOpenLayersRegistersUntilTheyDecay) {
    const Scenario scenario;
    simulate(scenario, chip_of(scenario), [&] {
        compute(scenario);
        host().pull_plug();
        const LayerSecrets& open = scenario.compiled.secrets[0];
        const auto vectors = static_cast<std::int64_t>(open.gsl.size()) * scenario.compiled.program.n;
        const std::int64_t registers = vectors * scenario.config.array.segments() + 256 * 8 + 128 +
                                       32 * static_cast<std::int64_t>(open.weight_sums.size());
        EXPECT_EQ(secrets(), key_sram_bits(scenario) + registers);
        EXPECT_GT(chip().remanent().activations, 0);
        const Bytes seen = visible_to_a_thief(scenario);
        for (const auto& secret : secret_strings(scenario)) EXPECT_FALSE(contains(seen, secret));
        wait_us(kMicroseconds - 1);
        EXPECT_GT(secrets(), 0);
        wait_us(2);
        EXPECT_EQ(secrets(), 0);
        EXPECT_EQ(chip().remanent().activations, 0);
    });
}

TEST_F(Remanence, APowerOffInOrderLeavesNothing) {
    const Scenario scenario;
    simulate(scenario, chip_of(scenario), [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        const auto image = scenario.pixels(3);
        host().infer(image.data(), image.size());
        ASSERT_TRUE(host().power_off());
        EXPECT_EQ(secrets(), 0);
        EXPECT_EQ(chip().remanent().activations, 0);
    });
}

TEST_F(Remanence, APowerOffInOrderLeavesNothingOfEarlierLives) {
    const Scenario scenario;
    simulate(scenario, chip_of(scenario), [&] {
        compute(scenario);
        host().pull_plug();
        EXPECT_GT(chip().remanent().activations, 0);
        host().power_on();
        ASSERT_TRUE(host().boot());
        ASSERT_TRUE(host().power_off());
        EXPECT_EQ(secrets(), 0);
        EXPECT_EQ(chip().remanent().activations, 0);
    });
}

TEST_F(Remanence, StoredEnergyLeavesNothingAfterACut) {
    const Scenario scenario;
    simulate(scenario, chip_of(scenario, Fj{1'000'000}), [&] {
        compute(scenario);
        host().pull_plug();
        EXPECT_EQ(secrets(), 0);
        EXPECT_EQ(chip().remanent().activations, 0);
    });
}

TEST_F(Remanence, PowerThatIsBackInTimeMeetsAChipThatIsOffAndZeroisesFirst) {
    const Scenario scenario;
    simulate(scenario, chip_of(scenario), [&] {
        compute(scenario);
        host().pull_plug();
        host().power_on();
        EXPECT_GT(secrets(), 0) << "under power nothing decays";
        EXPECT_EQ(state(), ResState::off);
        const auto image = scenario.pixels(3);
        EXPECT_TRUE(host().infer(image.data(), image.size()).empty()) << "what is left cannot be computed with";
        wait_us(2 * kMicroseconds);
        EXPECT_GT(secrets(), 0);
        host().command(reg::kCtrlBoot);
        while (state() != ResState::boot) {
        }
        EXPECT_EQ(secrets(), 0) << "before the first blob is opened";
        ASSERT_TRUE(host().end_boot());
        EXPECT_EQ(host().infer(image.data(), image.size()), scenario.expected(image));
        EXPECT_TRUE(host().power_off());
        EXPECT_EQ(secrets(), 0);
    });
}

TEST_F(PowerOff, ABrownOutWithinTheRideThroughIsNotNoticed) {
    const Scenario scenario;
    ChipConfig chip = scenario.chip();
    chip.ride_through = Ps{2'000'000};
    simulate(scenario, chip, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        const auto image = scenario.pixels(3);
        ASSERT_TRUE(host().load_input(image.data(), image.size()));
        host().command(reg::kCtrlInfer);
        host().dip_power(sc_core::sc_time(1.9, sc_core::SC_US));
        EXPECT_EQ(host().end_infer(), scenario.expected(image));
        host().dip_power(sc_core::sc_time(2.1, sc_core::SC_US));
        EXPECT_EQ(state(), ResState::off) << "longer, it is a power cut";
        EXPECT_FALSE(host().status().rail);
    });
}

TEST_F(PowerOff, ACutDuringBootLeavesTheChipBootable) {
    const Scenario scenario;
    simulate(scenario, [&] {
        host().power_on();
        ASSERT_EQ(host().command(reg::kCtrlBoot), tlm::TLM_OK_RESPONSE);
        sc_core::wait(sc_core::sc_time(300, sc_core::SC_NS));
        EXPECT_TRUE(host().status().busy);
        host().cut_power();
        EXPECT_EQ(state(), ResState::off);
        host().power_on();
        EXPECT_TRUE(host().boot());
    });
}

} // namespace
} // namespace veilram::test
