// The adjusting unit behind pins, around a shared crossbar, gives the products of the matrices that share it.
#include "hw/cls/cls_adjust_pins.hpp"
#include "models/base/random.hpp"
#include "models/cls/shared_crossbar.hpp"

#include <gtest/gtest.h>

namespace veilram::test {
namespace {

using In = ClsAdjustPins::In;

constexpr std::size_t kRows = 40, kCols = 24, kMembers = 3;

class ClsPinsTest : public ::testing::Test {
protected:
    SharedCrossbar random_crossbar() {
        BitMatrix centroid(kRows, kCols);
        for (std::size_t r = 0; r < kRows; ++r)
            for (std::size_t c = 0; c < kCols; ++c) centroid.set(r, c, rng() % 2 != 0);
        std::vector<FlipVectors> members(kMembers, no_flips(kRows, kCols));
        for (FlipVectors& flips : members) {
            for (std::size_t r = 0; r < kRows; ++r) set_bit(flips.rows.data(), r, rng() % 2 != 0);
            for (std::size_t c = 0; c < kCols; ++c) set_bit(flips.cols.data(), c, rng() % 2 != 0);
        }
        return {centroid, members};
    }
    std::vector<int> random_inputs() {
        std::vector<int> inputs(kRows);
        for (int& x : inputs) x = static_cast<int>(rng() % 65536) - 32768;
        inputs[rng() % kRows] = -32768; // whose negative needs a bit more
        return inputs;
    }

    std::int64_t driven(int value, bool flip) {
        EXPECT_EQ(model.out().input_ready, 1U);
        In in{};
        in.input_valid = 1;
        in.value = from_signed(value, ClsAdjustPins::kValueBits);
        in.flip = flip ? 1 : 0;
        model.clock(in);
        EXPECT_EQ(model.out().drive_valid, 1U);
        const std::int64_t drive = to_signed(model.out().drive, ClsAdjustPins::kDriveBits);
        in = {};
        in.drive_ready = 1;
        model.clock(in);
        return drive;
    }
    void load(std::int64_t rfv_sum, std::int64_t rest_sum) {
        EXPECT_EQ(model.out().sums_ready, 1U);
        In in{};
        in.sums_valid = 1;
        in.rfv_sum = from_signed(rfv_sum, ClsAdjustPins::kSumBits);
        in.rest_sum = from_signed(rest_sum, ClsAdjustPins::kSumBits);
        model.clock(in);
    }
    std::int64_t result(std::int64_t sum, bool flip) {
        EXPECT_EQ(model.out().column_ready, 1U);
        In in{};
        in.column_valid = 1;
        in.sum = from_signed(sum, ClsAdjustPins::kSumBits);
        in.column_flip = flip ? 1 : 0;
        model.clock(in);
        EXPECT_EQ(model.out().result_valid, 1U);
        const std::int64_t y = to_signed(model.out().result, ClsAdjustPins::kResultBits);
        in = {};
        in.result_ready = 1;
        model.clock(in);
        return y;
    }

    /// As a chip reads a member: everything but the columns' sums goes through the unit.
    std::vector<std::int64_t> read(const SharedCrossbar& crossbar, std::size_t member, const std::vector<int>& inputs) {
        const FlipVectors flips = crossbar.flips(member);
        std::vector<std::int64_t> sums(crossbar.cells().cols(), 0), y;
        for (std::size_t r = 0; r < kRows; ++r) {
            const std::int64_t drive = driven(inputs[r], get_bit(flips.rows.data(), r));
            for (std::size_t c = 0; c < sums.size(); ++c) sums[c] += crossbar.cells().get(r, c) ? drive : 0;
        }
        const std::size_t rfv = kCols + kMetadataLines * member;
        load(sums[rfv], sums[rfv + 1]);
        for (std::size_t c = 0; c < kCols; ++c) y.push_back(result(sums[c], get_bit(flips.cols.data(), c)));
        return y;
    }

    Rng rng = make_rng(1, "adjusting unit");
    ClsAdjustCycle model;
};

TEST_F(ClsPinsTest, EveryMemberIsReadAsByDefinition) {
    for (int round = 0; round < 10; ++round) {
        const SharedCrossbar crossbar = random_crossbar();
        for (std::size_t member = 0; member < kMembers; ++member) {
            const std::vector<int> inputs = random_inputs();
            EXPECT_EQ(read(crossbar, member, inputs), crossbar.read_literal(member, inputs));
        }
    }
}

TEST_F(ClsPinsTest, ColumnsWaitForTheSumsOfTheMetadata) {
    EXPECT_EQ(model.out().column_ready, 0U);
    load(5, 7);
    EXPECT_EQ(result(12, false), 7);
    EXPECT_EQ(result(12, true), -5);
    In in{};
    in.zeroise = 1;
    model.clock(in);
    EXPECT_EQ(model.out().column_ready, 0U);
}

TEST_F(ClsPinsTest, AColumnThatComesWithOtherSumsBelongsToThoseBefore) {
    load(5, 7);
    In in{};
    in.column_valid = in.sums_valid = 1;
    in.sum = 12;
    in.rfv_sum = 1;
    model.clock(in);
    EXPECT_EQ(to_signed(model.out().result, ClsAdjustPins::kResultBits), 7);
    in = {};
    in.result_ready = 1;
    model.clock(in);
    EXPECT_EQ(result(12, false), 11);
}

TEST_F(ClsPinsTest, TheLargestSumsFit) {
    constexpr std::int64_t kMost = (1 << 23) - 1, kLeast = -(1 << 23);
    load(kLeast, kMost);
    EXPECT_EQ(result(kMost, false), kMost - kLeast);
    EXPECT_EQ(result(kLeast, true), kMost - kLeast);
    load(kMost, kLeast);
    EXPECT_EQ(result(kLeast, false), kLeast - kMost);
    EXPECT_EQ(result(kMost, true), kLeast - kMost);
}

} // namespace
} // namespace veilram::test
