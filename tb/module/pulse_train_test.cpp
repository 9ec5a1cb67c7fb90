// Pulses on their way to cells: in order, and torn where the power goes.
#include "hw/crossbar/pulse_train.hpp"

#include <gtest/gtest.h>

namespace veilram::test {
namespace {

constexpr Ps kPulse{50};
constexpr PulseTrain::Step kSet{0, 1}, kReset{1, 0};

TEST(PulseTrainTest, PulsesFollowEachOtherAndAreHandedOutOnceOver) {
    PulseTrain train;
    train.add(0, 1, kSet, Ps{10}, kPulse);
    train.add(0, 2, kSet, Ps{10}, kPulse);
    train.add(3, 4, kReset, Ps{500}, kPulse);
    EXPECT_EQ(train.next_end(), Ps{60});
    EXPECT_EQ(train.end(Ps{10}), Ps{550});
    EXPECT_FALSE(train.finished(Ps{59}));
    EXPECT_EQ(train.finished(Ps{60})->column, 1U);
    EXPECT_FALSE(train.finished(Ps{109}));
    EXPECT_EQ(train.finished(Ps{600})->begin, Ps{60});
    EXPECT_EQ(train.finished(Ps{600})->begin, Ps{500});
    EXPECT_TRUE(train.empty());
    EXPECT_EQ(train.end(Ps{700}), Ps{700});
}

TEST(PulseTrainTest, TheLastPulseOfACellCounts) {
    PulseTrain train;
    EXPECT_FALSE(train.level_of(0, 1));
    train.add(0, 1, kSet, Ps{0}, kPulse);
    EXPECT_EQ(train.level_of(0, 1), 1);
    train.add(0, 1, kReset, Ps{0}, kPulse);
    EXPECT_EQ(train.level_of(0, 1), 0);
    EXPECT_FALSE(train.level_of(1, 1));
}

TEST(PulseTrainTest, OnlyPulsesThatHaveNotBegunCanBeAbandoned) {
    PulseTrain train;
    for (std::size_t column = 0; column < 3; ++column) train.add(0, column, kSet, Ps{0}, kPulse);
    train.abandon(Ps{50}); // the second would begin now
    EXPECT_EQ(train.end(Ps{0}), Ps{50});
    EXPECT_FALSE(train.level_of(0, 1));
    train.abandon(Ps{25});
    EXPECT_EQ(train.level_of(0, 0), 1);
}

TEST(PulseTrainTest, ACutTearsThePulseAtWorkAndDropsTheRest) {
    Rng rng = make_rng(1, "pulse train test");
    int torn = 0, ones = 0;
    for (int i = 0; i < 1000; ++i) {
        PulseTrain train;
        train.add(0, 0, kSet, Ps{0}, kPulse);
        train.add(0, 1, kSet, Ps{0}, kPulse);
        const auto pulse = train.cut(Ps{i % 50}, rng);
        EXPECT_TRUE(train.empty());
        if (!pulse) continue;
        EXPECT_EQ(pulse->column, 0U);
        ++torn;
        ones += pulse->step.to;
    }
    EXPECT_EQ(torn, 980) << "a pulse that begins now has done nothing yet";
    EXPECT_NEAR(ones, 490, 63); // four standard deviations
}

} // namespace
} // namespace veilram::test
