// Scenarios and power cuts, as a user starts them.
#include "tb/cli/cli_fixture.hpp"

#include <algorithm>

namespace veilram::test {
namespace {

class LifeCliTest : public CliTest {
protected:
    nlohmann::json report(const std::string& file) const { return nlohmann::json::parse(read_file(path(file))); }
    void write_scenario(const std::string& steps) const {
        write_file(path("scenario.yaml"), "include: small.yaml\nscenario: [" + steps + "]\n");
    }
};

TEST_F(LifeCliTest, AScenarioTellsWhatEveryStepCameTo) {
    write_scenario("power_on, boot, infer 3, power_cut infer 1 after 5 us, dump, recover, infer 3, power_off");
    const Outcome outcome = veilram("scenario scenario.yaml --out report");
    expect_success(outcome);
    const auto events = report("report/scenario.json")["events"];
    ASSERT_EQ(events.size(), 8U);
    EXPECT_EQ(events[1]["state"], "LOCKED");
    EXPECT_EQ(events[3]["state"], "OFF");
    EXPECT_EQ(events[3]["end_ps"].get<std::int64_t>() - events[3]["begin_ps"].get<std::int64_t>() >= 5'000'000, true);
    for (const auto& event : events) EXPECT_TRUE(event["right"]) << event;
    for (const std::size_t off : {3, 4, 7}) EXPECT_TRUE(events[off]["cells"]["at_rest"]) << off;
    EXPECT_EQ(events[2]["outcome"], events[6]["outcome"]) << "the same image";
    EXPECT_TRUE(exists("report/scenario.vcd"));
    EXPECT_TRUE(exists("report/scenario.gtkw"));
}

TEST_F(LifeCliTest, TamperedMemoryIsRefusedUntilItIsUndone) {
    write_scenario("tamper memory 3000, power_on, boot, power_off, tamper memory 3000, recover, infer 0");
    expect_success(veilram("scenario scenario.yaml --out report --set trace.vcd=false"));
    const auto events = report("report/scenario.json")["events"];
    EXPECT_EQ(events[2]["state"], "FAULT");
    EXPECT_EQ(events[5]["state"], "LOCKED");
    EXPECT_TRUE(events[6]["right"]);
    EXPECT_FALSE(exists("report/scenario.vcd"));
}

TEST_F(LifeCliTest, ATamperedCellGivesWrongLogitsAndTheReportSaysSo) {
    std::string steps = "power_on, boot, infer 0, power_off, ";
    for (int column = 0; column < 64; ++column) steps += "tamper cell 0 0 " + std::to_string(column) + ", ";
    write_scenario(steps + "recover, infer 0");
    const Outcome outcome = veilram("scenario scenario.yaml --out report --set trace.vcd=false");
    expect_success(outcome);
    EXPECT_THAT(outcome.out, HasSubstr("LOSS"));
    const auto events = report("report/scenario.json")["events"];
    EXPECT_TRUE(events[2]["right"]);
    EXPECT_FALSE(events.back()["right"]);
}

TEST_F(LifeCliTest, AQuickThiefFindsWhatHasNotDecayedAndTheReportSaysHowMuch) {
    write_scenario("power_on, boot, power_off, recover, power_cut infer 1 at COMPUTE 1, wait 20 us, dump, recover, "
                   "infer 1, brown_out 1 us, brown_out 3 us");
    const Outcome outcome = veilram("scenario scenario.yaml --out report --set trace.vcd=false --set "
                                    "power.remanence='10 us' --set power.ride_through='2 us'");
    expect_success(outcome);
    const auto events = report("report/scenario.json")["events"];
    const auto bits = [&](std::size_t event) { return events[event]["cells"]["remanent_secret_bits"].get<int>(); };
    EXPECT_EQ(bits(2), 0) << "in order";
    EXPECT_GT(bits(4), 1000);
    EXPECT_GT(events[4]["cells"]["remanent_activation_bits"], 0);
    EXPECT_EQ(bits(6), 0) << "decayed";
    EXPECT_TRUE(events[8]["right"]);
    EXPECT_EQ(events[9]["outcome"], "the rail held");
    EXPECT_GT(bits(10), 1000);
    EXPECT_THAT(outcome.out, HasSubstr(std::to_string(bits(4)) + " secret bits not yet decayed"));
}

TEST_F(LifeCliTest, StepsThatAreNoneAreNamedBeforeAnyWork) {
    for (const char* step : {"'fly'", "infer", "infer x", "'power_cut infer 1 after 5'", "'power_cut at COMPUTE'",
                             "'power_cut infer 0 at NOWHERE'", "'tamper cell 0 1'", "'boot now'", "''", "'brown_out'",
                             "'brown_out 5'", "'brown_out 5 us wait'", "'tamper sign 0 1 2 infer 0'"}) {
        write_scenario(step);
        expect_refusal("scenario scenario.yaml", "is no step");
        expect_refusal("scenario scenario.yaml", "scenario.yaml: scenario");
    }
    expect_refusal("scenario small.yaml", "scenario: is empty");
    write_file(path("scenario.yaml"), "include: small.yaml\nscenario: boot\n");
    expect_refusal("scenario scenario.yaml", "expected a list of texts");
    write_scenario("tamper memory 99999999");
    const Outcome outcome = veilram("scenario scenario.yaml");
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("99999999"));
}

TEST_F(LifeCliTest, TheChipWorksInAForeignPlatform) {
    expect_success(veilram("compile small.yaml --out image.h5"));
    const std::string command =
        "'" FOREIGN_PLATFORM "' '" + path("image.h5") + "' > '" + path("foreign.txt") + "' 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0);
    const std::string text = read_file(path("foreign.txt"));
    EXPECT_THAT(text, HasSubstr("after boot: state 2"));
    EXPECT_THAT(text, HasSubstr("half a register: refused"));
    EXPECT_THAT(text, HasSubstr("after power-off: state 0"));
    const std::string logits = text.substr(text.find("logits:"));
    EXPECT_EQ(std::count(logits.begin(), logits.begin() + static_cast<std::ptrdiff_t>(logits.find('\n')), ' '), 10);
}

TEST_F(LifeCliTest, SharingThatThePlatformDoesNotModelIsRefused) {
    expect_refusal("run small.yaml --fidelity lt --images 1 --set sharing.broadcast=true", "sharing.broadcast");
    expect_refusal("run small.yaml --fidelity cycle --images 1 --set sharing.adcs=2", "clock by clock");
    expect_success(veilram("run small.yaml --fidelity lt --images 1 --set sharing.adcs=2 --set trace.vcd=false"));
}

TEST_F(LifeCliTest, CutsAreCountedForEveryPolicy) {
    for (const char* policy : {"per_layer", "prefetch", "resident"}) {
        expect_success(veilram(std::string("cuts small.yaml --out report --set res.policy=") + policy));
        const auto json = report("report/cuts.json");
        EXPECT_EQ(json["policy"], policy);
        EXPECT_GT(json["all"]["cuts"], 50);
        EXPECT_EQ(json["all"]["leaks"], 0);
        EXPECT_EQ(json["all"]["losses"], 0);
    }
}

} // namespace
} // namespace veilram::test
