// The LFSR converter behind pins makes the streams of the models.
#include "hw/converter/lfsr_pins.hpp"
#include "models/base/random.hpp"
#include "models/sc/streams.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace veilram::test {
namespace {

using In = LfsrPins::In;

class LfsrPinsTest : public ::testing::Test {
protected:
    void request(unsigned level, std::uint8_t seed) {
        ASSERT_EQ(model.out().request_ready, 1U);
        In in{};
        in.request_valid = 1;
        in.level = level;
        in.seed = seed;
        model.clock(in);
    }
    /// Takes every bit, after so many clocks in which it does not.
    WideWord collect(const std::function<int()>& stalls) {
        WideWord stream{};
        In in{};
        in.bit_ready = 1;
        for (unsigned t = 0; t < LfsrPins::kBits; ++t) {
            for (int k = stalls(); k > 0; --k) model.clock(In{});
            EXPECT_EQ(model.out().bit_valid, 1U) << t;
            EXPECT_EQ(model.out().last, t == LfsrPins::kBits - 1 ? 1U : 0U) << t;
            set_bit(stream.data(), t, model.out().bit != 0);
            model.clock(in);
        }
        EXPECT_EQ(model.out().bit_valid, 0U);
        return stream;
    }

    LfsrCycle model;
};

TEST_F(LfsrPinsTest, BitsAreTheStreamsForEveryLevel) {
    for (const std::uint8_t seed : {0x00, 0x01, 0x5a, 0x80, 0xff})
        for (unsigned level = 0; level < 256; ++level) {
            request(level, seed);
            WideWord expected{};
            lfsr_stream(level, seed, expected.data());
            ASSERT_EQ(collect([] { return 0; }), expected) << "level " << level << " seed " << int{seed};
        }
}

TEST_F(LfsrPinsTest, StallsChangeNothing) {
    Rng rng = make_rng(1, "stalls");
    for (const unsigned level : {1U, 100U, 255U}) {
        request(level, 1);
        WideWord expected{};
        lfsr_stream(level, 1, expected.data());
        EXPECT_EQ(collect([&] { return static_cast<int>(rng() % 3); }), expected) << level;
    }
}

TEST_F(LfsrPinsTest, ZeroiseEndsAStream) {
    request(200, 1);
    In in{};
    in.zeroise = in.bit_ready = 1;
    model.clock(in);
    EXPECT_EQ(model.out().bit_valid, 0U);
    EXPECT_EQ(model.out().bit, 0U);
    EXPECT_EQ(model.out().request_ready, 1U);
}

} // namespace
} // namespace veilram::test
