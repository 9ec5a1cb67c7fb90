#include "hw/cycle/twins.hpp"
#include "tb/cosim/lockstep_run.hpp"

#include <gtest/gtest.h>

namespace veilram::test {
namespace {

class TwinTest : public ::testing::TestWithParam<const CosimBlock*> {
protected:
    void SetUp() override {
        if (!has_twins()) GTEST_SKIP() << "built without Verilator";
    }
};

TEST_P(TwinTest, IsTheModelBitByBitAndClockByClock) {
    const CosimBlock& block = *GetParam();
    const auto reference = block.model(), twin = block.twin();
    const LockstepResult result = run_lockstep(block, *reference, *twin, 1'000'000, 1);
    EXPECT_FALSE(result.mismatch) << to_string(*result.mismatch);
    EXPECT_GE(result.transactions, 1'000'000);
    EXPECT_GT(result.resets, 10);
}

INSTANTIATE_TEST_SUITE_P(Blocks, TwinTest, ::testing::ValuesIn(chosen_blocks("all")),
                         [](const auto& block) { return std::string(block.param->table->block); });

} // namespace
} // namespace veilram::test
