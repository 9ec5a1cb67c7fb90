// The chip before a DRAM channel: the same bits, at another time.
#include "hw/sim/services.hpp"
#include "tb/system/platform_test.hpp"

#include <algorithm>

namespace veilram::test {
namespace {

using Dram = PlatformTest;

TEST_F(Dram, ChangesTimeAndEnergyAndNoLogit) {
    const Scenario scenario;
    ChipConfig cfg = scenario.chip();
    cfg.costs.dram_access = cfg.costs.dram_burst = {};
    simulate(
        scenario, cfg,
        [&] {
            const auto before = now();
            host().power_on();
            ASSERT_TRUE(host().boot());
            EXPECT_GT(now() - before, sc_core::sc_time(500, sc_core::SC_NS)) << "the boot reads the memory";
            const auto image = scenario.pixels(1);
            EXPECT_EQ(host().infer(image.data(), image.size()), scenario.expected(image));
            const std::vector<Stat> stats = collect_stats(system_->platform);
            const auto reads = std::find_if(stats.begin(), stats.end(), [](const Stat& stat) {
                return stat.block == "system.platform.dram" && stat.name == "reads";
            });
            ASSERT_NE(reads, stats.end());
            EXPECT_GT(reads->value, 10);
            EXPECT_TRUE(system_->platform.dram->energy() > Fj{0});
        },
        lpddr4_3200());
}

} // namespace
} // namespace veilram::test
