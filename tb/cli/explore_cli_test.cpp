// Estimates beside ISAAC, as a user asks for them.
#include "tb/cli/cli_fixture.hpp"

namespace veilram::test {
namespace {

class ExploreCliTest : public CliTest {
protected:
    static constexpr const char* kConfig = VEILRAM_SOURCE_DIR "/configs/explore.yaml";
    nlohmann::json explore(const std::string& settings = "") const {
        expect_success(veilram(std::string("explore ") + kConfig + " --json explore.json " + settings));
        return nlohmann::json::parse(read_file(path("explore.json")));
    }
};

TEST_F(ExploreCliTest, EveryLayerHasABottleneckAndTotalsAddUp) {
    const auto report = explore();
    ASSERT_EQ(report["protected"]["layers"].size(), 5U);
    std::int64_t time = 0, energy = 0;
    for (const auto& layer : report["protected"]["layers"]) {
        time += layer["ps"].get<std::int64_t>();
        for (const auto& part : layer["energy_fj"]) energy += part.get<std::int64_t>();
        EXPECT_FALSE(layer["bottleneck"].get<std::string>().empty());
        for (const auto& stage : layer["stages"]) EXPECT_LE(stage["utilisation"], 1.0);
    }
    EXPECT_EQ(report["protected"]["ps"], time);
    EXPECT_EQ(report["protected"]["fj"], energy);
    EXPECT_NEAR(report["speed_up"], double(report["isaac"]["ps"]) / double(report["protected"]["ps"]), 1e-9);
}

TEST_F(ExploreCliTest, TheEstimateIsThePlatformsTimeWithoutItsDigitalWork) {
    const auto report = explore();
    expect_success(
        veilram("run " VEILRAM_SOURCE_DIR "/configs/default.yaml --images 2 --out run --set pirate.images=1"));
    const double platform = results("run")["latency_s"]["inference"],
                 estimate = 1e-12 * double(report["protected"]["ps"]);
    EXPECT_GT(platform, estimate);
    EXPECT_LT(platform, 1.05 * estimate);
}

TEST_F(ExploreCliTest, AnEightBitBaselineIsTwiceAsFast) {
    const auto sixteen = explore(), eight = explore("--set isaac.bits=8");
    EXPECT_NEAR(double(sixteen["isaac"]["ps"]) / double(eight["isaac"]["ps"]), 2.0, 0.05);
    EXPECT_LT(eight["speed_up"], sixteen["speed_up"]);
}

TEST_F(ExploreCliTest, PhasesAddUpAndASlowMemoryIsNamed) {
    const auto report = explore();
    for (const char* phase : {"boot", "unlock", "lock", "power_off"}) {
        std::int64_t time = 0, energy = 0;
        for (const auto& block : report["phases"][phase]["blocks"]) {
            time += block["ps"].get<std::int64_t>();
            energy += block["fj"].get<std::int64_t>();
        }
        EXPECT_GT(time, 0) << phase;
        EXPECT_EQ(report["phases"][phase]["ps"], time) << phase;
        EXPECT_EQ(report["phases"][phase]["fj"], energy) << phase;
    }
    EXPECT_EQ(report["phases"]["compute"]["ps"], report["protected"]["ps"]);
    EXPECT_TRUE(report["memory"]["warnings"].empty()) << report["memory"];
    EXPECT_NEAR(report["memory"]["peak_bytes_per_s"], 6.4e9, 1e3);
    const auto slow = explore("--set costs.dram_burst.time='1 us'");
    EXPECT_NEAR(slow["memory"]["peak_bytes_per_s"], 64e6, 1e3);
    ASSERT_FALSE(slow["memory"]["warnings"].empty());
    EXPECT_THAT(slow["memory"]["warnings"][0].get<std::string>(), HasSubstr("boot"));
    EXPECT_NEAR(explore("--set dram.kind=ddr4_2400")["memory"]["peak_bytes_per_s"], 19.2e9, 0.01e9);
    EXPECT_NEAR(explore("--set dram.kind=lpddr4_3200")["memory"]["peak_bytes_per_s"], 12.8e9, 0.01e9);
}

TEST_F(ExploreCliTest, SharedUnitsAreFewerAndLimitSooner) {
    const auto alone = explore(),
               shared = explore("--set sharing.converter=8 --set sharing.adcs=2 --set sharing.tile=16");
    const auto &before = alone["protected"]["layers"][2], &after = shared["protected"]["layers"][2]; // dense1
    EXPECT_EQ(before["tiles"], 1);
    EXPECT_EQ(after["tiles"], 2) << "25 crossbars";
    EXPECT_EQ(before["stages"]["convert"]["units"], 25);
    EXPECT_EQ(after["stages"]["convert"]["units"], 2 + 2);
    EXPECT_EQ(after["stages"]["adc"]["units"], 8 + 5);
    EXPECT_GT(after["ps"], before["ps"]);
    EXPECT_EQ(after["bottleneck"], "adc");
    EXPECT_LT(shared["area"]["protected"]["converters to streams"]["instances"],
              alone["area"]["protected"]["converters to streams"]["instances"]);
    for (const auto& layer : shared["protected"]["layers"])
        for (const auto& stage : layer["stages"]) EXPECT_LE(stage["mean_utilisation"], stage["utilisation"]);
}

TEST_F(ExploreCliTest, WhatIsMissingOrImpossibleIsNamed) {
    expect_refusal("explore small.yaml", "isaac_32nm.yaml");
    expect_refusal(std::string("explore ") + kConfig + " --set isaac.bits=12", "isaac.bits");
    expect_refusal(std::string("explore ") + kConfig + " --set network.path=nothing.onnx", "nothing.onnx");
    expect_refusal(std::string("explore ") + kConfig + " --set isaac.adc.power=3", "expected a power with its unit");
    expect_refusal(std::string("explore ") + kConfig + " --set isaac.adc.area=3kg", "expected an area with its unit");
}

TEST_F(ExploreCliTest, LooseTimingIsThatOfTheClocks) {
    const auto latency = [&](const std::string& settings) {
        expect_success(veilram("run " VEILRAM_SOURCE_DIR
                               "/configs/default.yaml --images 1 --out run --set pirate.images=1 "
                               "--set trace.vcd=false " +
                               settings));
        return double(results("run")["latency_s"]["inference"]);
    };
    const double loose = latency(""), clocked = latency("--fidelity cycle"),
                 part = latency("--set 'cycle.layers=[conv1 0..99, dense3]'");
    EXPECT_NEAR(loose / clocked, 1.0, 0.05);
    EXPECT_NEAR(part / clocked, 1.0, 0.05);
    EXPECT_NE(loose, clocked);
    expect_refusal("run small.yaml --set 'cycle.layers=[conv7]'", "there are: conv, dense");
    expect_refusal("run small.yaml --set 'cycle.layers=[conv 9..3]'", "conv1 0..99");
    expect_refusal("run small.yaml --fidelity cycle --set device.ir_drop=0.1", "not modelled clock by clock");
}

} // namespace
} // namespace veilram::test
