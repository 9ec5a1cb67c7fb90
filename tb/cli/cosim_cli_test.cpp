// Blocks behind pins, RTL and its waveforms, as a user asks for them.
#include "tb/cli/cli_fixture.hpp"
#include "tb/support/wave.hpp"

namespace veilram::test {
namespace {

using ::testing::Contains;
using ::testing::Not;

class CosimCliTest : public CliTest {
protected:
    /// Whether this program has RTL in it.
    bool has_rtl() {
        return veilram("cosim --block gsl_selector --transactions 1").err.find("built without Verilator") ==
               std::string::npos;
    }
    static std::string made_of(const std::string& kind) {
        return " --set gsl.impl=" + kind + " --set converter.impl=" + kind + " --set res.impl=" + kind;
    }
};

TEST_F(CosimCliTest, WhatBlocksAreMadeOfChangesNoResult) {
    expect_success(veilram("run small.yaml --images 3 --out systemc"));
    std::vector<std::string> kinds{"cycle"};
    if (has_rtl()) kinds.push_back("rtl");
    for (const std::string& kind : kinds) {
        expect_success(veilram("run small.yaml --images 3 --out " + kind + made_of(kind)));
        for (const char* field : {"accuracy", "latency_s", "energy_j", "phases"})
            EXPECT_EQ(results(kind)[field], results("systemc")[field]) << kind << " " << field;
        EXPECT_THAT(read_file(path(kind + "/stats.csv")), HasSubstr("gsl,pin_clocks,"));
    }
    EXPECT_THAT(read_file(path("systemc/stats.csv")), Not(HasSubstr("pin_clocks")));
}

TEST_F(CosimCliTest, WhatIsInsideRtlIsRecordedOnlyWithSecrets) {
    if (!has_rtl()) GTEST_SKIP() << "built without Verilator";
    expect_success(veilram("run small.yaml --images 1 --out plain" + made_of("rtl")));
    EXPECT_FALSE(exists("plain/run_rtl.vcd"));
    expect_success(veilram("run small.yaml --images 1 --out open --set trace.secrets=true" + made_of("rtl")));
    const std::vector<std::string> files = results("open")["trace"]["files"];
    EXPECT_THAT(files, Contains("run_rtl.vcd"));
    const Wave wave = read_wave(path("open/run_rtl.vcd"));
    EXPECT_EQ(wave.signals.count("veilram.platform.chip.res.machine.res_fsm.state_o[2:0]"), 1U);
    EXPECT_EQ(wave.signals.count("veilram.platform.chip.gsl.selector0.gsl_selector.even_q[63:0]"), 1U);
    expect_success(veilram("run small.yaml --images 1 --out open" + made_of("rtl")));
    EXPECT_FALSE(exists("open/run_rtl.vcd")); // it showed another run
}

TEST_F(CosimCliTest, AWaveformHasTheSignalsAndTheTimeThatWereAskedFor) {
    expect_success(
        veilram("run small.yaml --images 1 --out part --set \"trace.select=['*.res.*', '*.power.rail']\" --set "
                "'trace.from=101 us' --set 'trace.to=110 us'"));
    const Wave wave = read_wave(path("part/run.vcd"));
    EXPECT_EQ(wave.signals.count("SystemC.veilram.platform.chip.power.rail"), 1U);
    EXPECT_EQ(wave.signals.count("SystemC.veilram.platform.chip.res.state[31:0]"), 1U);
    for (const auto& [name, changes] : wave.signals) {
        EXPECT_TRUE(name.find(".res.") != std::string::npos || name.find(".power.rail") != std::string::npos) << name;
        for (const auto& [time, value] : changes) {
            if (time == 0) continue; // values at the beginning stand before the first time
            EXPECT_GE(time, 101'000'000) << name;
            EXPECT_LE(time, 110'000'000) << name;
        }
    }
}

TEST_F(CosimCliTest, ChoicesThatMeanNothingAreRefused) {
    expect_refusal("run small.yaml --fidelity functional --set gsl.impl=cycle",
                   "gsl.impl: has no meaning for fidelity: functional");
    expect_refusal("run small.yaml --set 'trace.from=2 us' --set 'trace.to=1 us'",
                   "trace.to: must be after trace.from");
    expect_refusal("run small.yaml --images 1 --set \"trace.select=['*.res.*', '*.rse.*']\"",
                   "trace.select: no signal fits '*.rse.*'");
    EXPECT_EQ(veilram("cosim --block nobody").code, 2);
    EXPECT_THAT(veilram("cosim --block nobody").err, HasSubstr("gsl_selector, "));
}

TEST_F(CosimCliTest, RtlAndModelsAreHeldAgainstEachOther) {
    if (!has_rtl()) GTEST_SKIP() << "built without Verilator";
    const Outcome outcome = veilram("cosim --transactions 1000");
    expect_success(outcome);
    EXPECT_THAT(outcome.out, HasSubstr("sign_bit_converter"));
    EXPECT_THAT(outcome.out, Not(HasSubstr("DIFFERS")));
}

} // namespace
} // namespace veilram::test
