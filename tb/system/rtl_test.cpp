// The whole chip with blocks behind pins, in C++ and in RTL: the same bits, and no secret left behind.
#include "tb/support/implementations.hpp"
#include "tb/system/platform_test.hpp"

#include <tuple>

namespace veilram::test {
namespace {

struct Made {
    const char* name;
    Implementations blocks;
};

/// Each block alone, and all of them.
std::vector<Made> made_of_pins() {
    std::vector<Made> all;
    const auto systemc = Implementation::systemc;
    for (const Implementation kind : implementations()) {
        if (kind == systemc) continue;
        const bool rtl = kind == Implementation::rtl;
        all.push_back({rtl ? "gsl_rtl" : "gsl_cycle", {kind, systemc, systemc}});
        all.push_back({rtl ? "converter_rtl" : "converter_cycle", {systemc, kind, systemc}});
        all.push_back({rtl ? "res_rtl" : "res_cycle", {systemc, systemc, kind}});
        all.push_back({rtl ? "all_rtl" : "all_cycle", {kind, kind, kind}});
    }
    return all;
}

class BlocksBehindPins : public PlatformTest, public ::testing::WithParamInterface<std::tuple<Made, ConverterKind>> {
protected:
    static const Implementations& blocks() { return std::get<0>(GetParam()).blocks; }
    static Scenario make_scenario() {
        CompileConfig config = Scenario::small_config();
        config.converter.kind = std::get<1>(GetParam());
        return Scenario(config);
    }
    std::int64_t pin_clocks() {
        std::int64_t sum = 0;
        for (const Stat& stat : collect_stats(chip()))
            if (stat.name == "pin_clocks") sum += stat.value;
        return sum;
    }
};

TEST_P(BlocksBehindPins, GiveTheLogitsOfTheFunctionalModelThroughBootCutsAndClockedLayers) {
    const Scenario scenario = make_scenario();
    ChipConfig cfg = scenario.chip();
    cfg.implementations = blocks();
    cfg.clocked = {{1, {}}};
    simulate(scenario, cfg, [&] {
        const auto image = scenario.pixels(1);
        for (const int us : {1, 4, 9}) {
            host().power_on();
            ASSERT_TRUE(host().boot());
            EXPECT_EQ(host().infer(image.data(), image.size()), scenario.expected(image));
            host().transfer(tlm::TLM_WRITE_COMMAND, reg::kInput, const_cast<std::uint8_t*>(image.data()), image.size());
            ASSERT_EQ(host().command(reg::kCtrlInfer), tlm::TLM_OK_RESPONSE);
            sc_core::wait(sc_core::sc_time(us, sc_core::SC_US));
            host().cut_power();
            const Bytes seen = visible_to_a_thief(scenario);
            for (const Bytes& secret : secret_strings(scenario)) EXPECT_FALSE(contains(seen, secret));
        }
        host().power_on();
        ASSERT_TRUE(host().boot());
        EXPECT_EQ(host().infer(image.data(), image.size()), scenario.expected(image));
        EXPECT_TRUE(host().power_off());
        EXPECT_GT(pin_clocks(), 50);
    });
}

INSTANTIATE_TEST_SUITE_P(Of, BlocksBehindPins,
                         ::testing::Combine(::testing::ValuesIn(made_of_pins()),
                                            ::testing::Values(ConverterKind::sign_bit, ConverterKind::lfsr)),
                         [](const auto& variant) {
                             return std::string(std::get<0>(variant.param).name) +
                                    (std::get<1>(variant.param) == ConverterKind::lfsr ? "_lfsr" : "_sign_bit");
                         });

} // namespace
} // namespace veilram::test
