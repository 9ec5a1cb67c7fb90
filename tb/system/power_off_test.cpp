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
