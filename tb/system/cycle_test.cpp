// Layers clock by clock inside the loosely timed chip: the same bits, nearly the same time.
#include "hw/sim/services.hpp"
#include "tb/system/platform_test.hpp"

#include <map>
#include <string>

namespace veilram::test {
namespace {

/// What is clocked, and the share of 5 images' reads that this is.
struct Part {
    const char* name;
    std::map<std::size_t, ClockedWindow> clocked;
};

std::vector<Part> parts() {
    return {{"All", {{0, {}}, {1, {}}}},
            {"First", {{0, {}}}},
            {"Second", {{1, {}}}},
            {"Window", {{0, {7, 11}}}},
            {"Beyond", {{0, {30, 1000}}, {1, {5, 3}}}}}; // the dense layer has one position
}

class CycleLayers : public PlatformTest, public ::testing::WithParamInterface<Part> {
protected:
    std::int64_t figure(const char* name) {
        std::int64_t sum = 0;
        for (const Stat& stat : collect_stats(chip()))
            if (stat.name == name) sum += stat.value;
        return sum;
    }
};

TEST_F(PlatformTest, GroupsClockByClockGiveTheLogitsOfTheFunctionalModel) {
    const Scenario scenario(Scenario::small_config(), Scenario::grouped_graph());
    ChipConfig cfg = scenario.chip();
    cfg.clocked = {{1, {}}};
    simulate(scenario, cfg, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        const auto image = scenario.pixels(1);
        EXPECT_EQ(host().infer(image.data(), image.size()), scenario.expected(image));
    });
}

TEST_P(CycleLayers, GiveTheLogitsOfTheFunctionalModel) {
    const Scenario scenario;
    ChipConfig cfg = scenario.chip();
    cfg.clocked = GetParam().clocked;
    simulate(scenario, cfg, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            const auto image = scenario.pixels(seed);
            EXPECT_EQ(host().infer(image.data(), image.size()), scenario.expected(image)) << "image " << seed;
        }
        EXPECT_GT(figure("clocks"), 1000);
        EXPECT_GT(figure("array_reads"), 0);
        EXPECT_EQ(figure("handshake_violations"), 0);
    });
}

INSTANTIATE_TEST_SUITE_P(Parts, CycleLayers, ::testing::ValuesIn(parts()),
                         [](const auto& variant) { return std::string(variant.param.name); });

class Cycle : public PlatformTest, public ::testing::WithParamInterface<ConverterKind> {};

TEST_P(Cycle, ACutInTheMiddleOfAClockedBurstLosesNothingButTheInference) {
    CompileConfig config = Scenario::small_config();
    config.converter.kind = GetParam();
    const Scenario scenario(config);
    ChipConfig cfg = scenario.chip();
    cfg.clocked = {{0, {}}, {1, {}}};
    simulate(scenario, cfg, [&] {
        for (const int us : {1, 2, 5, 8}) {
            host().power_on();
            ASSERT_TRUE(host().boot());
            auto image = scenario.pixels(3);
            host().transfer(tlm::TLM_WRITE_COMMAND, reg::kInput, image.data(), image.size());
            ASSERT_EQ(host().command(reg::kCtrlInfer), tlm::TLM_OK_RESPONSE);
            sc_core::wait(sc_core::sc_time(us, sc_core::SC_US));
            EXPECT_TRUE(host().status().busy);
            host().cut_power();
            host().power_on();
            ASSERT_TRUE(host().boot());
            EXPECT_EQ(host().infer(image.data(), image.size()), scenario.expected(image));
            ASSERT_TRUE(host().power_off());
        }
    });
}

INSTANTIATE_TEST_SUITE_P(Both, Cycle, ::testing::Values(ConverterKind::sign_bit, ConverterKind::lfsr),
                         [](const auto& variant) { return variant.param == ConverterKind::lfsr ? "Lfsr" : "SignBit"; });

} // namespace
} // namespace veilram::test
