// Program-verify: steps of one level, each after a read; wear, and what power cuts leave.
#include "hw/crossbar/write_driver.hpp"

#include <gtest/gtest.h>

#include <array>

namespace veilram::test {
namespace {

constexpr Ps kVerify{4}, kPulse{50};

struct Cells final : WritableCells {
    std::array<std::uint8_t, 4> levels{0, 1, 2, 3};
    std::uint8_t level(std::size_t, std::size_t column) override { return levels.at(column); }
    void set_level(std::size_t, std::size_t column, std::uint8_t level) override { levels.at(column) = level; }
};

class WriteDriverTest : public ::testing::Test {
protected:
    Cells cells;
    WriteDriver driver{cells, kVerify, kPulse, 1, "write driver test"};
};

TEST_F(WriteDriverTest, APulseMovesACellByOneLevelAndFollowsARead) {
    const auto queued = driver.write({{0, 0, 3}, {0, 3, 1}, {0, 2, 2}}, Ps{100});
    EXPECT_EQ(queued.verifies, 3 + 2 + 1);
    EXPECT_EQ(driver.pending(), 5);
    EXPECT_EQ(queued.end, Ps{100} + kVerify * 6 + kPulse * 5);
    EXPECT_EQ(driver.finish(Ps{153}), 0);
    EXPECT_EQ(driver.finish(Ps{154}), 1);
    EXPECT_EQ(cells.levels[0], 1) << "half-way is a level, too";
    EXPECT_EQ(driver.finish(queued.end), 4);
    EXPECT_TRUE(driver.idle());
    EXPECT_EQ(cells.levels, (std::array<std::uint8_t, 4>{3, 1, 2, 1}));
    EXPECT_EQ(driver.most_pulses(), 3);
    EXPECT_EQ(driver.worn_cells(), 2);
}

TEST_F(WriteDriverTest, LevelsAreAbsoluteAlsoBehindPulsesThatAreNotOver) {
    driver.write({{0, 0, 2}}, Ps{0});
    const auto again = driver.write({{0, 0, 2}}, Ps{0});
    EXPECT_EQ(driver.pending(), 2) << "nothing is left to do";
    EXPECT_EQ(again.end, (kVerify + kPulse) * 2 + kVerify);
    driver.write({{0, 0, 0}}, Ps{0});
    EXPECT_EQ(driver.pending(), 4);
    driver.finish(Ps{1000});
    EXPECT_EQ(cells.levels[0], 0);
}

TEST_F(WriteDriverTest, ACutLeavesEitherLevelOfThePulseAtWorkAndAllOthersAsTheyWere) {
    int moved = 0;
    for (int i = 0; i < 100; ++i) {
        cells.levels = {0, 1, 2, 3};
        driver.write({{0, 3, 0}, {0, 0, 1}}, Ps{0});
        driver.finish(Ps{54});
        EXPECT_TRUE(driver.cut(Ps{80}));
        EXPECT_TRUE(driver.idle());
        EXPECT_TRUE(cells.levels[3] == 1 || cells.levels[3] == 2);
        EXPECT_EQ(cells.levels[0], 0);
        moved += cells.levels[3] == 1 ? 1 : 0;
    }
    EXPECT_NEAR(moved, 50, 20); // four standard deviations
    EXPECT_EQ(driver.torn(), 100);
    driver.write({{0, 0, 1}}, Ps{0});
    EXPECT_FALSE(driver.cut(Ps{3})) << "a cell that is only read is not torn";
}

} // namespace
} // namespace veilram::test
