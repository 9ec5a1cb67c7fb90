#include "models/base/diagnostics.hpp"
#include "models/base/random.hpp"
#include "models/sc/crossbar_read.hpp"
#include "models/sc/geometry.hpp"
#include "models/sc/streams.hpp"

#include <boost/random/uniform_int_distribution.hpp>
#include <gtest/gtest.h>

#include <bitset>
#include <string>
#include <vector>

namespace veilram::test {
namespace {

using Bits = std::vector<Word>;

/// `bits` random bits, zeros beyond them.
Bits random_bits(std::size_t bits, Rng& rng) {
    boost::random::uniform_int_distribution<int> coin(0, 1);
    Bits words(words_for(bits));
    for (std::size_t i = 0; i < bits; ++i) set_bit(words.data(), i, coin(rng) == 1);
    return words;
}

Bits bits_with_ones(std::size_t bits, unsigned ones, Rng& rng) {
    boost::random::uniform_int_distribution<std::size_t> place(0, bits - 1);
    Bits words(words_for(bits));
    while (popcount(words.data(), words.size()) < ones) set_bit(words.data(), place(rng), true);
    return words;
}

BitMatrix random_cells(const ArrayGeometry& array, Rng& rng) {
    boost::random::uniform_int_distribution<int> coin(0, 1);
    BitMatrix cells(static_cast<std::size_t>(array.rows), static_cast<std::size_t>(array.cols));
    for (std::size_t r = 0; r < cells.rows(); ++r)
        for (std::size_t c = 0; c < cells.cols(); ++c) cells.set(r, c, coin(rng) == 1);
    return cells;
}

ArrayGeometry random_array(Rng& rng) {
    ArrayGeometry array;
    array.rows = 2 * boost::random::uniform_int_distribution<int>(1, 256)(rng);
    array.segment = 1 << boost::random::uniform_int_distribution<int>(0, 3)(rng);
    array.cols =
        array.segment * boost::random::uniform_int_distribution<int>(8 / array.segment, 512 / array.segment)(rng);
    return array;
}

std::vector<std::uint16_t> fast_counts(const BitMatrix& cells, const ArrayGeometry& array, const GslVector& vector,
                                       const Bits& stream) {
    std::vector<std::uint16_t> counts(static_cast<std::size_t>(array.row_pairs()));
    read_counts(logical_lines(cells, array, vector, array.row_pairs()), stream.data(), counts.data());
    return counts;
}

TEST(GslVectorsTest, SlotsAreTheVectorsAndThenTheirComplements) {
    const GslVectors vectors{{{0b0110}, {0b1010}}};
    EXPECT_EQ(vectors.slots(), 4);
    EXPECT_EQ(vectors.of_slot(0, 4), GslVector{0b0110});
    EXPECT_EQ(vectors.of_slot(1, 4), GslVector{0b1010});
    EXPECT_EQ(vectors.of_slot(2, 4), GslVector{0b1001});
    EXPECT_EQ(vectors.of_slot(3, 4), GslVector{0b0101});
    EXPECT_THROW(vectors.of_slot(4, 4), ModelError);
    EXPECT_THROW(vectors.of_slot(-1, 4), ModelError);
}

TEST(GslVectorsTest, ComplementKeepsBitsBeyondTheSegmentsZero) {
    Rng rng = make_rng(1, "complement");
    for (const int segments : {1, 2, 63, 64, 65, 128, 200}) {
        const GslVector vector = random_bits(static_cast<std::size_t>(segments), rng);
        const GslVector inverse = complement(vector, segments);
        for (std::size_t i = 0; i < inverse.size() * kWordBits; ++i) {
            const bool expected = i < static_cast<std::size_t>(segments) && !get_bit(vector.data(), i);
            EXPECT_EQ(get_bit(inverse.data(), i), expected) << segments << " segments, bit " << i;
        }
        EXPECT_EQ(complement(inverse, segments), vector);
    }
    EXPECT_THROW(complement(GslVector(2), 64), ModelError);
}

TEST(CrossbarReadTest, FastReadEqualsDefinitionOnRandomArrays) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        Rng rng = make_rng(seed, "read");
        const ArrayGeometry array = random_array(rng);
        SCOPED_TRACE(std::to_string(array.rows) + "x" + std::to_string(array.cols) + " by " +
                     std::to_string(array.segment));
        const BitMatrix cells = random_cells(array, rng);
        const GslVector vector = random_bits(static_cast<std::size_t>(array.segments()), rng);
        const Bits stream = random_bits(static_cast<std::size_t>(array.cols), rng);
        const std::vector<std::uint16_t> counts = fast_counts(cells, array, vector, stream);
        for (int p = 0; p < array.row_pairs(); ++p)
            ASSERT_EQ(counts[static_cast<std::size_t>(p)], read_count_literal(cells, array, p, vector, stream.data()))
                << p;
    }
}

TEST(CrossbarReadTest, ComplementSlotsPartitionTheTwoRows) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Rng rng = make_rng(seed, "partition");
        const ArrayGeometry array = random_array(rng);
        const BitMatrix cells = random_cells(array, rng);
        const Bits all(words_for(static_cast<std::size_t>(array.cols)), ~Word{0});
        for (int i = 0; i < 4; ++i) {
            const GslVector vector = random_bits(static_cast<std::size_t>(array.segments()), rng);
            const auto line = fast_counts(cells, array, vector, all);
            const auto other = fast_counts(cells, array, complement(vector, array.segments()), all);
            for (std::size_t p = 0; p < line.size(); ++p) {
                const unsigned both = popcount(cells.row(2 * p), cells.words_per_row()) +
                                      popcount(cells.row(2 * p + 1), cells.words_per_row());
                ASSERT_EQ(line[p] + other[p], both) << "row pair " << p;
            }
        }
    }
}

TEST(CrossbarReadTest, UnselectedSegmentsContributeNothing) {
    Rng rng = make_rng(3, "unselected");
    const ArrayGeometry array;
    const GslVector vector = random_bits(static_cast<std::size_t>(array.segments()), rng);
    BitMatrix cells(256, 256); // exactly the cells that the vector leaves off
    for (std::size_t r = 0; r < 256; ++r)
        for (std::size_t c = 0; c < 256; ++c) cells.set(r, c, get_bit(vector.data(), c / 4) != (r % 2 == 0));
    const Bits all(4, ~Word{0});
    for (const unsigned count : fast_counts(cells, array, vector, all)) EXPECT_EQ(count, 0U);
    for (int p = 0; p < array.row_pairs(); ++p) EXPECT_EQ(read_count_literal(cells, array, p, vector, all.data()), 0U);
    for (const unsigned count : fast_counts(cells, array, complement(vector, 64), all)) EXPECT_EQ(count, 256U);
}

TEST(CrossbarReadTest, LongFullLinesDoNotOverflow) {
    for (const int cols : {256, 512, 1984, 1988, 2048, 8192}) {
        const ArrayGeometry array{2, cols, 4};
        BitMatrix cells(2, static_cast<std::size_t>(cols));
        for (std::size_t c = 0; c < cells.cols(); ++c) cells.set(0, c, true);
        const Bits all(cells.words_per_row(), ~Word{0});
        const GslVector even(words_for(static_cast<std::size_t>(array.segments())), ~Word{0});
        EXPECT_EQ(fast_counts(cells, array, even, all)[0], cols);
    }
}

TEST(CrossbarReadTest, OnlyTheAskedRowPairsAreBuilt) {
    Rng rng = make_rng(4, "pairs");
    const ArrayGeometry array;
    const BitMatrix cells = random_cells(array, rng);
    const GslVector vector = random_bits(64, rng);
    const BitMatrix all = logical_lines(cells, array, vector, 128);
    const BitMatrix some = logical_lines(cells, array, vector, 10);
    ASSERT_EQ(some.rows(), 10U);
    for (std::size_t p = 0; p < 10; ++p)
        for (std::size_t c = 0; c < 256; ++c) ASSERT_EQ(some.get(p, c), all.get(p, c));
    EXPECT_THROW(logical_lines(cells, array, vector, 129), ModelError);
    EXPECT_THROW(logical_lines(BitMatrix(4, 256), array, vector, 2), ModelError);
}

TEST(AdcTest, EightBitsHoldEveryCountOfALine) {
    for (const AdcOverflow overflow : {AdcOverflow::saturate, AdcOverflow::truncate})
        for (int bits = 8; bits <= 20; ++bits)
            for (std::uint16_t count = 0; count < 256; ++count) ASSERT_EQ(adc_code(count, {bits, overflow}), count);
}

TEST(AdcTest, FewerBitsSaturateOrTruncate) {
    for (int bits = 1; bits < 8; ++bits) {
        const int codes = 1 << bits;
        for (int count = 0; count < 256; ++count) {
            const auto in = static_cast<std::uint16_t>(count);
            EXPECT_EQ(adc_code(in, {bits, AdcOverflow::saturate}), std::min(count, codes - 1));
            EXPECT_EQ(adc_code(in, {bits, AdcOverflow::truncate}), count % codes);
        }
    }
    EXPECT_THROW(adc_code(1, {0, AdcOverflow::saturate}), ModelError);
}

TEST(LfsrTest, VisitsEveryStateOncePerPeriod) {
    for (int seed = 0; seed < 256; ++seed) {
        std::bitset<256> seen;
        auto state = static_cast<std::uint8_t>(seed);
        for (int t = 0; t < 256; ++t) {
            seen.set(state);
            state = lfsr_next(state);
        }
        EXPECT_TRUE(seen.all());
        EXPECT_EQ(state, seed);
    }
}

TEST(LfsrTest, FollowsThePolynomial) {
    // x^8 + x^6 + x^5 + x^4 + 1: b(t+8) = b(t) + b(t+2) + b(t+3) + b(t+4), newest bit lowest.
    for (int state = 1; state < 256; ++state) {
        if (state == 0x80) continue; // left for the all-zero state
        const int fed_back = ((state >> 7) + (state >> 5) + (state >> 4) + (state >> 3)) % 2;
        EXPECT_EQ(lfsr_next(static_cast<std::uint8_t>(state)), (2 * state + fed_back) % 256);
    }
    EXPECT_EQ(lfsr_next(0x80), 0x00);
    EXPECT_EQ(lfsr_next(0x00), 0x01);
}

TEST(LfsrTest, StreamHasExactlyLevelOnesFromEverySeed) {
    for (unsigned seed = 0; seed < 256; ++seed)
        for (unsigned level = 0; level < 256; ++level) {
            Bits stream(4, ~Word{0});
            lfsr_stream(level, static_cast<std::uint8_t>(seed), stream.data());
            ASSERT_EQ(popcount(stream.data(), 4), level) << "seed " << seed;
            ASSERT_EQ(get_bit(stream.data(), 0), seed < level);
        }
}

TEST(SignBitConverterTest, PaperExampleInjects115Ones) {
    Rng rng = make_rng(10, "figure 10");
    const Bits source = bits_with_ones(256, 102, rng);
    EXPECT_EQ(injected_bits(source.data(), 256, 217), 115U);
    Bits stream(4);
    sign_bit_stream(source.data(), 256, 217, 0, stream.data());
    EXPECT_EQ(popcount(stream.data(), 4), 217U);
    // Consecutive from the first position: up to the last injected place all ones, beyond it the source unchanged.
    std::size_t last = 0;
    for (std::size_t t = 0; t < 256; ++t)
        if (get_bit(stream.data(), t) != get_bit(source.data(), t)) last = t;
    for (std::size_t t = 0; t <= last; ++t) EXPECT_TRUE(get_bit(stream.data(), t)) << t;
}

TEST(SignBitConverterTest, SmallExampleByHand) {
    const Word source = 0b0100'0101; // ones at 0, 2, 6
    Word stream = 0;
    sign_bit_stream_literal(&source, 8, 5, 6, &stream); // zeros from 6 on: 7, then 1
    EXPECT_EQ(stream, 0b1100'0111U);
    sign_bit_stream_literal(&source, 8, 1, 1, &stream); // ones from 1 on: 2, then 6
    EXPECT_EQ(stream, 0b0000'0001U);
    sign_bit_stream_literal(&source, 8, 3, 5, &stream);
    EXPECT_EQ(stream, source);
}

TEST(SignBitConverterTest, StreamHasExactlyLevelOnesFromEveryStart) {
    Rng rng = make_rng(11, "all levels");
    const Bits source = random_bits(256, rng);
    for (unsigned level = 0; level < 256; ++level)
        for (unsigned start = 0; start < 256; ++start) {
            Bits stream(4);
            sign_bit_stream(source.data(), 256, level, start, stream.data());
            ASSERT_EQ(popcount(stream.data(), 4), level) << "start " << start;
        }
}

TEST(SignBitConverterTest, FastConverterEqualsDefinition) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        Rng rng = make_rng(seed, "converter");
        const auto bits = boost::random::uniform_int_distribution<unsigned>(8, 512)(rng);
        Bits source = random_bits(bits, rng);
        if (seed % 4 == 0) source = bits_with_ones(bits, seed % 8 == 0 ? 0 : bits, rng);
        for (int i = 0; i < 200; ++i) {
            const auto level = boost::random::uniform_int_distribution<unsigned>(0, bits)(rng);
            const auto start = boost::random::uniform_int_distribution<unsigned>(0, bits - 1)(rng);
            Bits literal(source.size(), ~Word{0});
            Bits fast(source.size(), ~Word{0});
            sign_bit_stream_literal(source.data(), bits, level, start, literal.data());
            sign_bit_stream(source.data(), bits, level, start, fast.data());
            ASSERT_EQ(fast, literal) << bits << " bits, level " << level << ", start " << start;
            unsigned changed = 0;
            for (std::size_t w = 0; w < fast.size(); ++w) changed += popcount(fast[w] ^ source[w]);
            ASSERT_EQ(changed, injected_bits(source.data(), bits, level));
        }
    }
}

TEST(SignBitConverterTest, BitsOfALongerSignRowAreIgnored) {
    Rng rng = make_rng(12, "long row");
    const Bits row = random_bits(512, rng); // a sign row may be longer than the stream
    for (const unsigned bits : {8U, 60U, 100U, 192U}) {
        Bits cut(words_for(bits));
        for (std::size_t t = 0; t < bits; ++t) set_bit(cut.data(), t, get_bit(row.data(), t));
        for (unsigned level = 0; level <= bits; level += 3) {
            Bits from_row(cut.size());
            Bits from_cut(cut.size());
            Bits literal(cut.size());
            sign_bit_stream(row.data(), bits, level, bits / 2, from_row.data());
            sign_bit_stream(cut.data(), bits, level, bits / 2, from_cut.data());
            sign_bit_stream_literal(row.data(), bits, level, bits / 2, literal.data());
            ASSERT_EQ(from_row, from_cut) << bits;
            ASSERT_EQ(literal, from_cut) << bits;
            ASSERT_EQ(injected_bits(row.data(), bits, level), injected_bits(cut.data(), bits, level));
        }
    }
}

TEST(SignBitConverterTest, ImpossibleRequestsAreRefused) {
    const Bits source(4);
    Bits stream(4);
    EXPECT_THROW(sign_bit_stream(source.data(), 256, 257, 0, stream.data()), ModelError);
    EXPECT_THROW(sign_bit_stream(source.data(), 256, 10, 256, stream.data()), ModelError);
    EXPECT_THROW(sign_bit_stream_literal(source.data(), 256, 257, 0, stream.data()), ModelError);
    EXPECT_THROW(lfsr_stream(257, 1, stream.data()), ModelError);
}

TEST(StochasticProductTest, IsExactWhenEitherFactorIsZeroAndUnbiasedOverStarts) {
    Rng rng = make_rng(13, "product");
    const ArrayGeometry array;
    const Bits source = random_bits(256, rng);
    BitMatrix cells(256, 256);
    const Bits weight = bits_with_ones(256, 100, rng);
    std::copy(weight.begin(), weight.end(), cells.row(0));
    const GslVector even{~Word{0}};
    const unsigned level = 64;
    double sum = 0.0;
    for (unsigned start = 0; start < 256; ++start) {
        Bits stream(4);
        sign_bit_stream(source.data(), 256, level, start, stream.data());
        sum += fast_counts(cells, array, even, stream)[0];
        sign_bit_stream(source.data(), 256, 0, start, stream.data());
        EXPECT_EQ(fast_counts(cells, array, even, stream)[0], 0U);
    }
    EXPECT_NEAR(sum / 256, 100.0 * level / 256, 6.0); // one source row: its overlap with the weight stays
}

} // namespace
} // namespace veilram::test
