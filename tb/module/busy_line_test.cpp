#include "hw/sim/busy_line.hpp"
#include "tb/support/powered_bench.hpp"

namespace veilram::test {
namespace {

struct BusyLineBench : PoweredBench {
    BusyLine dut{"dut"};
    explicit BusyLineBench(const sc_core::sc_module_name& name) : PoweredBench(name) { dut.rail_i.bind(rail); }

    bool busy_after(std::int64_t time) {
        wait(ps(time));
        return dut.value();
    }
};

class BusyLineTest : public BenchTest<BusyLineBench> {};

TEST_F(BusyLineTest, IsHighFromHoldUntilItsEnd) {
    simulate([&] {
        EXPECT_FALSE(bench.dut.value());
        bench.dut.hold(ps(100));
        EXPECT_TRUE(bench.dut.value());
        EXPECT_TRUE(bench.busy_after(99));
        EXPECT_FALSE(bench.busy_after(2));
    });
}

TEST_F(BusyLineTest, OverlappingHoldsEndWithTheLaterOne) {
    simulate([&] {
        bench.dut.hold(ps(100));
        wait(ps(50));
        bench.dut.hold(ps(20)); // over before the first one
        EXPECT_TRUE(bench.busy_after(30));
        bench.dut.hold(ps(100)); // ends later than the first one
        EXPECT_TRUE(bench.busy_after(99));
        EXPECT_FALSE(bench.busy_after(2));
    });
}

TEST_F(BusyLineTest, AHoldOfNoTimeIsInvisible) {
    simulate([&] {
        bench.dut.hold(sc_core::SC_ZERO_TIME);
        EXPECT_FALSE(bench.dut.value());
    });
}

TEST_F(BusyLineTest, FallsWithTheRailAndCanBeHeldAgain) {
    simulate([&] {
        bench.dut.hold(ps(100'000));
        bench.power(false);
        EXPECT_FALSE(bench.dut.value());
        EXPECT_LE(bench.dut.until(), sc_core::sc_time_stamp());
        bench.power(true);
        bench.dut.hold(ps(50));
        EXPECT_TRUE(bench.busy_after(49));
        EXPECT_FALSE(bench.busy_after(2));
        EXPECT_FALSE(bench.busy_after(100'000)); // of the first hold nothing is left
    });
}

TEST_F(BusyLineTest, BackToBackHoldsLeaveNoGap) {
    simulate([&] {
        bench.dut.hold(ps(100));
        wait(ps(100));
        bench.dut.hold(ps(100));
        EXPECT_TRUE(bench.busy_after(1));
        EXPECT_TRUE(bench.busy_after(98));
        EXPECT_FALSE(bench.busy_after(2));
    });
}

} // namespace
} // namespace veilram::test
