// `veilram isaac`: ISAAC with encrypted weights, as a user starts it.
#include "tb/cli/cli_fixture.hpp"

namespace veilram::test {
namespace {

class IsaacCliTest : public CliTest {
protected:
    IsaacCliTest() {
        const std::string table = std::string(VEILRAM_SOURCE_DIR) + "/configs/costs/isaac_32nm.yaml";
        write_file(path("isaac.yaml"), "include: [small.yaml, " + table +
                                           "]\n"
                                           "sfge: {kind: random, most: 4, cap: false, eps: 1}\n");
    }
    nlohmann::json report() const { return nlohmann::json::parse(read_file(path("report/isaac.json"))); }
};

TEST_F(IsaacCliTest, TellsTimeAndWearOfALife) {
    const Outcome outcome = veilram("isaac isaac.yaml --images 6 --out report");
    expect_success(outcome);
    const auto json = report();
    EXPECT_EQ(json["right"], 6);
    EXPECT_TRUE(json["at_rest"]);
    EXPECT_EQ(json["encrypted_weights"], 8);
    EXPECT_GT(json["pulses_per_inference"], 16) << "a weight takes several cells, there and back";
    EXPECT_EQ(json["most_pulses"].get<int>() % 6, 0) << "the same pulses for every image";
    EXPECT_EQ(json["first_logits_ps"], json["power_on_ps"].get<std::int64_t>() + json["boot_ps"].get<std::int64_t>() +
                                           json["inference_ps"].get<std::int64_t>());
    EXPECT_FALSE(json.contains("cuts"));
    EXPECT_TRUE(exists("report/isaac.vcd"));
    EXPECT_TRUE(exists("report/isaac.gtkw"));
}

TEST_F(IsaacCliTest, ABatchSharesTheWritesOfItsImages) {
    const auto pulses = [&](const std::string& settings) {
        expect_success(veilram("isaac isaac.yaml --images 6 --out report --set trace.vcd=false " + settings));
        EXPECT_EQ(report()["right"], 6) << settings;
        return report()["most_pulses"].get<std::int64_t>();
    };
    const std::int64_t single = pulses("");
    EXPECT_EQ(pulses("--set res.batch=3") * 3, single);
    EXPECT_EQ(pulses("--set res.policy=prefetch"), single);
    EXPECT_EQ(pulses("--set res.policy=resident") * 6, single);
}

TEST_F(IsaacCliTest, PowerCutsLoseNothing) {
    expect_success(veilram("isaac isaac.yaml --cuts --out report --set trace.vcd=false --set isaac.bits=8"));
    const auto all = report()["cuts"]["all"];
    EXPECT_GT(all["cuts"], 100);
    EXPECT_GT(all["dumps_in_clear"], 0);
    EXPECT_EQ(all["leaks"], 0);
    EXPECT_EQ(all["losses"], 0);
    EXPECT_GT(report()["cuts"]["stats"]["torn_pulses"], 0);
    EXPECT_GT(report()["cuts"]["stats"]["recoveries"], 0);
}

TEST_F(IsaacCliTest, MistakesAreNamed) {
    expect_refusal("isaac small.yaml", "needs both tables");
    expect_refusal("isaac isaac.yaml --set sfge.kind=none", "encrypts nothing");
    expect_refusal("isaac isaac.yaml --set isaac.bits=12", "isaac.bits: 12");
    expect_refusal("isaac isaac.yaml --images 0", "--images");
    for (const char* setting : {"res.impl=cycle", "fidelity=functional", "dram.kind=ddr4_2400", "sharing.converter=2"})
        expect_refusal(std::string("isaac isaac.yaml --set ") + setting, "ISAAC does not have it");
}

} // namespace
} // namespace veilram::test
