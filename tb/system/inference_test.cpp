// Inference: the platform computes the very bits of the functional model.
#include "hw/sim/services.hpp"
#include "tb/system/platform_test.hpp"

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace veilram::test {
namespace {

using Inference = PlatformTest;

/// Devices whose logits are held to the functional model.
class SameLogits : public PlatformTest {
protected:
    void expect_functional_logits(const CompileConfig& config) {
        const Scenario scenario(config);
        simulate(scenario, [&] {
            host().power_on();
            ASSERT_TRUE(host().boot());
            for (std::uint64_t seed = 1; seed <= 5; ++seed) {
                const auto image = scenario.pixels(seed);
                EXPECT_EQ(host().infer(image.data(), image.size()), scenario.expected(image)) << "image " << seed;
            }
        });
    }
};

class InferenceVariants : public SameLogits,
                          public ::testing::WithParamInterface<std::tuple<ConverterKind, SignMode, int>> {};

TEST_P(InferenceVariants, GivesTheLogitsOfTheFunctionalModel) {
    CompileConfig config;
    config.converter.kind = std::get<0>(GetParam());
    config.signs.mode = std::get<1>(GetParam());
    config.map.n = std::get<2>(GetParam());
    expect_functional_logits(config);
}

INSTANTIATE_TEST_SUITE_P(All, InferenceVariants,
                         ::testing::Combine(::testing::Values(ConverterKind::sign_bit, ConverterKind::lfsr),
                                            ::testing::Values(SignMode::masked, SignMode::public_signs),
                                            ::testing::Values(1, 4)),
                         [](const auto& variant) {
                             const bool lfsr = std::get<0>(variant.param) == ConverterKind::lfsr;
                             const bool masked = std::get<1>(variant.param) == SignMode::masked;
                             return std::string(lfsr ? "Lfsr" : "SignBit") + (masked ? "Masked" : "Public") + "N" +
                                    std::to_string(std::get<2>(variant.param));
                         });

class SignedLines : public SameLogits, public ::testing::WithParamInterface<ConverterKind> {};

TEST_P(SignedLines, GiveTheLogitsOfTheFunctionalModel) {
    CompileConfig config;
    config.map.scheme = MapScheme::balanced;
    config.map.n = 3;
    config.converter.kind = GetParam();
    expect_functional_logits(config);
}

INSTANTIATE_TEST_SUITE_P(Both, SignedLines, ::testing::Values(ConverterKind::sign_bit, ConverterKind::lfsr),
                         [](const auto& variant) { return variant.param == ConverterKind::lfsr ? "Lfsr" : "SignBit"; });

TEST_F(Inference, ABatchGivesTheLogitsOfItsImagesInLessTime) {
    const Scenario scenario;
    simulate(scenario, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        Bytes batch;
        std::vector<float> expected;
        const auto start = sc_core::sc_time_stamp();
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            const auto image = scenario.pixels(seed);
            batch.insert(batch.end(), image.begin(), image.end());
            const auto logits = host().infer(image.data(), image.size());
            expected.insert(expected.end(), logits.begin(), logits.end());
        }
        const auto one_by_one = sc_core::sc_time_stamp() - start;
        EXPECT_EQ(host().infer(batch.data(), batch.size(), 3), expected);
        EXPECT_LT(sc_core::sc_time_stamp() - start - one_by_one, one_by_one); // a layer is unlocked once
    });
}

TEST_F(Inference, ABatchReadsConvertsAndAddsAsOftenAsItsImages) {
    const Scenario scenario;
    simulate(scenario, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        // Everything that happens for a position; layers are unlocked and locked once a batch.
        const auto events = [&] {
            std::map<std::string, std::int64_t> sums;
            for (const Stat& stat : collect_stats(chip()))
                for (const char* name : {"array_reads", "adc_conversions", "cell_writes", "accumulations", "elements"})
                    if (stat.name == name) sums[name] += stat.value;
            return sums;
        };
        const auto cost_of = [&](const Bytes& pixels, std::size_t images) {
            auto before = events();
            EXPECT_FALSE(host().infer(pixels.data(), pixels.size(), images).empty());
            auto after = events();
            for (auto& [name, count] : after) count -= before[name];
            return after;
        };
        Bytes batch;
        std::map<std::string, std::int64_t> sum;
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            const auto image = scenario.pixels(seed);
            batch.insert(batch.end(), image.begin(), image.end());
            for (const auto& [name, count] : cost_of(image, 1)) sum[name] += count;
        }
        EXPECT_GT(sum["array_reads"], 0);
        EXPECT_EQ(cost_of(batch, 3), sum);
    });
}

TEST_F(Inference, RefusesABatchThatTheInputWindowCannotHold) {
    const Scenario scenario;
    simulate(scenario, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        host().write(reg::kBatch, 0xffffffffU);
        EXPECT_EQ(host().command(reg::kCtrlInfer), tlm::TLM_OK_RESPONSE);
        host().wait_done();
        EXPECT_TRUE(host().status().failed);
    });
}

TEST_F(Inference, NeedsABoot) {
    const Scenario scenario;
    simulate(scenario, [&] {
        host().power_on();
        const auto image = scenario.pixels(1);
        EXPECT_TRUE(host().infer(image.data(), image.size()).empty());
        EXPECT_EQ(host().command(reg::kCtrlInfer), tlm::TLM_OK_RESPONSE) << "the command is legal, the action fails";
        host().wait_done();
        EXPECT_TRUE(host().status().failed);
    });
}

TEST_F(Inference, RefusesASecondActionWhileBusy) {
    const Scenario scenario;
    simulate(scenario, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        ASSERT_EQ(host().command(reg::kCtrlInfer), tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(host().command(reg::kCtrlInfer), tlm::TLM_COMMAND_ERROR_RESPONSE);
        EXPECT_EQ(host().command(reg::kCtrlPowerOff), tlm::TLM_COMMAND_ERROR_RESPONSE);
        std::uint8_t pixel = 1;
        EXPECT_EQ(host().transfer(tlm::TLM_WRITE_COMMAND, reg::kInput, &pixel, 1), tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_TRUE(host().wait_done());
        EXPECT_FALSE(host().status().failed);
    });
}

TEST_F(Inference, TakesEqualTimeAndEnergyForEveryImage) {
    const Scenario scenario;
    simulate(scenario, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        std::vector<std::pair<sc_core::sc_time, Fj>> seen;
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            const auto image = scenario.pixels(seed);
            const auto begin = now();
            const Fj before = total_energy(chip());
            host().infer(image.data(), image.size());
            seen.emplace_back(now() - begin, total_energy(chip()) - before);
        }
        EXPECT_EQ(seen[1], seen[2]) << "neither depends on the data";
        EXPECT_GT(seen[0].first, sc_core::SC_ZERO_TIME);
        EXPECT_GT(seen[0].second, Fj{0});
    });
}

TEST_F(Inference, CountsReadsAndConversionsAsTheMappingSays) {
    const Scenario scenario;
    simulate(scenario, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        const auto image = scenario.pixels(1);
        host().infer(image.data(), image.size());
        std::int64_t reads = 0;
        std::int64_t conversions = 0;
        for (const auto& stat : collect_stats(chip())) {
            if (stat.name == "array_reads") reads += stat.value;
            if (stat.name == "adc_conversions") conversions += stat.value;
        }
        // conv: 9 inputs at 36 positions for 4 outputs; dense: 36 inputs once for 5 outputs.
        EXPECT_EQ(reads, 9 * 36 + 36);
        EXPECT_EQ(conversions, 9 * 36 * 4 + 36 * 5);
    });
}

} // namespace
} // namespace veilram::test
