#include "tb/cosim/functional_coverage.hpp"
#include "tb/cosim/lockstep_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>

namespace veilram::test {
namespace {

class FunctionalCoverageTest : public ::testing::TestWithParam<const CosimBlock*> {};

TEST_P(FunctionalCoverageTest, RandomDriversMeetNearlyEverything) {
    const CosimBlock& block = *GetParam();
    const auto one = block.model(), other = block.model();
    FunctionalCoverage coverage(block);
    run_lockstep(block, *one, *other, 1'000'000, 1,
                 [&](const Word* before, const Word* in, const Word* after) { coverage.observe(before, in, after); });
    EXPECT_GE(static_cast<double>(coverage.met()), 0.95 * static_cast<double>(coverage.points()))
        << ::testing::PrintToString(coverage.missed());
    for (const std::string& point : coverage.missed()) std::cout << "never met: " << point << "\n";
}

INSTANTIATE_TEST_SUITE_P(Blocks, FunctionalCoverageTest, ::testing::ValuesIn(chosen_blocks("all")),
                         [](const auto& block) { return std::string(block.param->table->block); });

} // namespace
} // namespace veilram::test
