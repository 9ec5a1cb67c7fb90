// What is said of a model that is wrong.
#include "hw/converter/sign_bit_pins.hpp"
#include "hw/gsl/gsl_pins.hpp"
#include "tb/cosim/lockstep_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace veilram::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// The converter, but for streams that begin at position 255: their injection starts one place late.
class OffByOneAtTheWrap final : public BlockModel<SignBitPins> {
public:
    using BlockModel::clock;
    void reset() override {
        right_.reset();
        out_ = right_.out();
    }
    void clock(const In& in) override {
        In wrong = in;
        if (in.start == 255) wrong.start = 0;
        right_.clock(wrong);
        out_ = right_.out();
    }

private:
    SignBitCycle right_;
};

LockstepResult run_the_wrong_one() {
    const CosimBlock& block = cosim_block("sign_bit_converter");
    SignBitCycle reference;
    OffByOneAtTheWrap dut;
    dut.reset();
    return run_lockstep(block, reference, dut, 100'000, 1);
}

TEST(LockstepTest, NamesTheFirstClockSignalAndBitThatDiffer) {
    const LockstepResult result = run_the_wrong_one();
    ASSERT_TRUE(result.mismatch);
    EXPECT_LT(result.transactions, 100'000) << "nothing is run after it";
    EXPECT_EQ(result.mismatch->signal, "stream_o");
    EXPECT_EQ(result.mismatch->clock, result.clocks);
    EXPECT_EQ(result.mismatch->expected.size(), 2 + 256 / 4U);
    EXPECT_NE(result.mismatch->expected, result.mismatch->got);
    const std::string text = to_string(*result.mismatch);
    EXPECT_THAT(text, HasSubstr("clock " + std::to_string(result.mismatch->clock) + ": stream_o differs from bit "));
    EXPECT_THAT(text, HasSubstr("expected 0x"));
}

TEST(LockstepTest, ShowsTheLastTenTransactionsAndTheOneThatWentWrongLast) {
    const LockstepResult result = run_the_wrong_one();
    ASSERT_TRUE(result.mismatch);
    ASSERT_EQ(result.mismatch->transactions.size(), Lockstep::kHistory);
    EXPECT_THAT(result.mismatch->transactions.back(), HasSubstr("request_valid_i"));
    EXPECT_THAT(result.mismatch->transactions.back(), HasSubstr("start_i=0xff"));
}

TEST(LockstepTest, WritesNoSecretDownUnlessItMay) {
    SignBitCycle reference;
    OffByOneAtTheWrap dut;
    dut.reset();
    Lockstep lockstep(SignBitPins::table(), reference, dut, false);
    SignBitPins::In in{0, 1, {0x1234567}, 255, 200, 0};
    for (int clock = 0; clock < 4; ++clock) {
        lockstep.clock(reinterpret_cast<const Word*>(&in));
        in.request_valid = 0;
    }
    ASSERT_TRUE(lockstep.mismatch());
    const std::string text = to_string(*lockstep.mismatch());
    EXPECT_THAT(text, HasSubstr("start_i=hidden"));
    EXPECT_THAT(text, HasSubstr("level_i=0xc8"));
    EXPECT_THAT(text, HasSubstr("expected hidden, got hidden"));
    EXPECT_THAT(text, Not(HasSubstr("1234567")));
}

TEST(LockstepTest, FindsNothingBetweenAModelAndItself) {
    for (const CosimBlock& block : cosim_blocks()) {
        const auto one = block.model(), other = block.model();
        EXPECT_FALSE(run_lockstep(block, *one, *other, 20'000, 2).mismatch) << block.table->block;
    }
}

} // namespace
} // namespace veilram::test
