// Every fast way of counting against the definition, on every instruction set that this processor has.
#include "models/base/diagnostics.hpp"
#include "models/base/random.hpp"
#include "models/sc/row_adder.hpp"

#include <boost/random/uniform_int_distribution.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace veilram::test {
namespace {

constexpr std::uint64_t kSeeds = 12;

int pick(Rng& rng, int low, int high) { return boost::random::uniform_int_distribution<int>(low, high)(rng); }

BitMatrix random_bits(Rng& rng, std::size_t rows, std::size_t cols) {
    BitMatrix bits(rows, cols);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < cols; ++c) bits.set(r, c, pick(rng, 0, 1) == 1);
    return bits;
}

/// A sign row with `ones` ones in random places.
BitMatrix sign_row(Rng& rng, int ones) {
    std::vector<std::size_t> places(kStreamBits);
    for (std::size_t i = 0; i < kStreamBits; ++i) {
        places[i] = i;
        std::swap(places[i], places[static_cast<std::size_t>(pick(rng, 0, static_cast<int>(i)))]);
    }
    BitMatrix row(1, kStreamBits);
    for (int i = 0; i < ones; ++i) row.set(0, places[static_cast<std::size_t>(i)], true);
    return row;
}

/// Everything of one slot read, drawn at random.
struct RandomSlot {
    explicit RandomSlot(Rng& rng)
        : array{2 * pick(rng, 1, 130), 256, 1 << pick(rng, 0, 3)},
          cells(random_bits(rng, static_cast<std::size_t>(array.rows), kStreamBits)),
          row(sign_row(rng, pick(rng, 0, 256))) {
        for (std::uint8_t& h : start) h = static_cast<std::uint8_t>(pick(rng, 0, 255));
        source.converter = {pick(rng, 0, 1) == 0 ? ConverterKind::lfsr : ConverterKind::sign_bit,
                            static_cast<std::uint8_t>(pick(rng, 0, 255))};
        source.sign_row = row.row(0);
        source.start = &start;
        vector = std::vector<Word>(words_for(static_cast<std::size_t>(array.segments())));
        for (int j = 0; j < array.segments(); ++j)
            set_bit(vector.data(), static_cast<std::size_t>(j), pick(rng, 0, 1) == 1);
    }
    RandomSlot(const RandomSlot&) = delete;

    std::vector<Word> literal_stream(unsigned level) const {
        std::vector<Word> stream(words_for(kStreamBits));
        if (source.converter.kind == ConverterKind::lfsr)
            lfsr_stream(level, source.converter.lfsr_seed, stream.data());
        else
            sign_bit_stream_literal(row.row(0), kStreamBits, level, start[level], stream.data());
        return stream;
    }
    int literal_code(unsigned level, std::size_t pair, const AdcConfig& adc) const {
        const std::vector<Word> stream = literal_stream(level);
        const unsigned count = read_count_literal(cells, array, static_cast<int>(pair), vector, stream.data());
        return adc_code(static_cast<std::uint16_t>(count), adc);
    }

    ArrayGeometry array;
    BitMatrix cells;
    BitMatrix row;
    StartTable start{};
    StreamSource source;
    GslVector vector;
};

LevelSet random_levels(Rng& rng, int count) {
    LevelSet levels;
    while (static_cast<int>(levels.count()) < count) levels.set(static_cast<std::size_t>(pick(rng, 0, 255)));
    return levels;
}

OutputBytes random_flip(Rng& rng) {
    OutputBytes flip{};
    for (std::uint8_t& byte : flip) byte = pick(rng, 0, 1) == 1 ? 255 : 0;
    return flip;
}

AdcConfig random_adc(Rng& rng) {
    return {pick(rng, 2, 12), pick(rng, 0, 1) == 0 ? AdcOverflow::saturate : AdcOverflow::truncate};
}

/// Runs `body` once for each instruction set.
template <class Body> void on_every_simd_level(Body body) {
    for (const std::string& level : simd_levels()) {
        SCOPED_TRACE(level);
        use_simd_level(level);
        body();
    }
    use_simd_level("");
}

} // namespace

TEST(KernelsTest, AnUnknownInstructionSetIsRefused) {
    EXPECT_THROW(use_simd_level("MMX2000"), UserError);
    EXPECT_EQ(simd_levels().back(), "SCALAR");
}

TEST(StreamSetTest, FewAndManyStreamsAreTheConvertersStreams) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        Rng rng = make_rng(seed, "test/stream_set");
        for (const int ones : {0, 1, 102, 255, 256}) { // 102: the paper's example; 0 and 256: degenerate rows
            RandomSlot slot(rng);
            slot.row = sign_row(rng, ones);
            slot.source.sign_row = slot.row.row(0);
            for (const int count : {1, static_cast<int>(kFewLevels), 200, 256}) {
                const StreamSet set(slot.source, random_levels(rng, count));
                EXPECT_EQ(set.family() == nullptr, count <= static_cast<int>(kFewLevels));
                for (unsigned level = 0; level < kStreamBits; ++level) {
                    std::vector<Word> stream(words_for(kStreamBits), ~Word{0});
                    if (!set.levels()[level]) {
                        EXPECT_THROW(set.write(level, stream.data()), ModelError);
                        continue;
                    }
                    set.write(level, stream.data());
                    ASSERT_EQ(stream, slot.literal_stream(level)) << "seed " << seed << " level " << level;
                }
            }
        }
    }
}

TEST(CellBlockTest, CodesAreTheDefinitionsForFewAndManyLevels) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        Rng rng = make_rng(seed, "test/cell_block");
        const RandomSlot slot(rng);
        const AdcConfig adc = random_adc(rng);
        const OutputBytes flip = random_flip(rng);
        const auto pairs = static_cast<std::size_t>(slot.array.row_pairs());
        const std::size_t first = pairs > kMaxWidth ? kMaxWidth : 0;
        const std::size_t outputs = std::min<std::size_t>(pairs - first, static_cast<std::size_t>(pick(rng, 1, 64)));
        const std::size_t width = width_for(outputs);
        for (const int count : {2, 20}) {
            const StreamSet streams(slot.source, random_levels(rng, count));
            on_every_simd_level([&] {
                AlignedVector<std::uint8_t> table(kStreamBits * width, 99);
                CellBlock(slot.cells, slot.array, first, outputs)
                    .read_slot(slot.vector, streams, byte_adc(adc), flip, table.data());
                for (unsigned level = 0; level < kStreamBits; ++level)
                    for (std::size_t o = 0; o < outputs; ++o) {
                        int expected = 99; // levels that were not asked for stay as they are
                        if (streams.levels()[level]) expected = slot.literal_code(level, first + o, adc) ^ flip[o];
                        ASSERT_EQ(table[level * width + o], expected) << "seed " << seed << " level " << level;
                    }
            });
        }
    }
}

TEST(CellBlockTest, WhatDoesNotFitIsRefused) {
    const ArrayGeometry array{16, 256, 4};
    const BitMatrix cells(16, 256);
    EXPECT_NO_THROW(CellBlock(cells, array, 0, 8));
    EXPECT_THROW(CellBlock(cells, array, 0, 9), ModelError);
    EXPECT_THROW(CellBlock(cells, array, 0, 0), ModelError);
    EXPECT_THROW(CellBlock(cells, array, 4, 4), ModelError);
    EXPECT_THROW(CellBlock(BitMatrix(16, 128), array, 0, 8), ModelError);
    CellBlock block(cells, array, 0, 8);
    AlignedVector<std::uint8_t> table(kStreamBits * 16);
    EXPECT_THROW(block.read_slot(GslVector(2), StreamSet(), {}, {}, table.data()), ModelError);
    EXPECT_THROW(byte_adc({0, AdcOverflow::saturate}), ModelError);
}

TEST(CountLinesTest, CountsRowsOfAnyLength) {
    Rng rng = make_rng(1, "test/count_lines");
    for (const std::size_t bits : {8U, 64U, 130U, 256U, 300U, 4000U, 9000U}) {
        const BitMatrix lines = random_bits(rng, 5, bits), stream = random_bits(rng, 1, bits);
        on_every_simd_level([&] {
            std::vector<std::uint16_t> counts(5);
            read_counts(lines, stream.row(0), counts.data());
            for (std::size_t r = 0; r < 5; ++r) {
                unsigned expected = 0;
                for (std::size_t i = 0; i < bits; ++i) expected += lines.get(r, i) && stream.get(0, i) ? 1 : 0;
                EXPECT_EQ(counts[r], expected) << bits << " bits";
            }
        });
    }
}

TEST(RowAdderTest, SumsAreTheDefinitionsForAnyShape) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        Rng rng = make_rng(seed, "test/row_adder");
        const auto outputs = static_cast<std::size_t>(pick(rng, 1, 64));
        const std::size_t width = width_for(outputs), stride = outputs + static_cast<std::size_t>(pick(rng, 0, 9));
        const auto inputs = static_cast<std::size_t>(pick(rng, 1, 700)); // several tables' worth, several flushes
        const auto positions = static_cast<std::size_t>(pick(rng, 0, 30));
        std::vector<std::uint8_t> levels(positions + inputs);
        for (std::uint8_t& level : levels) level = static_cast<std::uint8_t>(pick(rng, 0, 255));
        std::vector<std::uint32_t> origins(positions), offsets(inputs);
        for (std::size_t p = 0; p < positions; ++p) origins[p] = static_cast<std::uint32_t>(p);
        for (std::size_t k = 0; k < inputs; ++k) offsets[k] = static_cast<std::uint32_t>(inputs - 1 - k);
        std::vector<std::uint8_t> codes(inputs * kStreamBits * width);
        for (std::uint8_t& code : codes)
            code = static_cast<std::uint8_t>(pick(rng, 0, 3) == 0 ? 255 : pick(rng, 0, 255));
        std::vector<OutputBytes> flips(inputs);
        for (OutputBytes& flip : flips) flip = random_flip(rng);

        std::vector<std::int32_t> expected(positions * stride + 1, -7);
        for (std::size_t p = 0; p < positions; ++p)
            for (std::size_t k = 0; k < inputs; ++k)
                for (std::size_t o = 0; o < outputs; ++o) {
                    const int code = codes[(k * kStreamBits + levels[origins[p] + offsets[k]]) * width + o];
                    expected[p * stride + o] += flips[k][o] != 0 ? -code : code;
                }
        on_every_simd_level([&] {
            std::vector<std::int32_t> acc(positions * stride + 1, -7);
            RowAdder adder(outputs);
            for (int round = 0; round < 2; ++round) { // an adder can be used again
                std::fill(acc.begin(), acc.end(), -7);
                adder.begin({levels.data(), origins.data(), positions, offsets.data()}, {acc.data(), stride});
                for (std::size_t k = 0; k < inputs;) {
                    std::vector<SignedInput> some; // no number of them divides what the adder collects
                    for (const std::size_t end = std::min(k + 1 + seed % 40, inputs); k < end; ++k)
                        some.push_back({k, flips[k]});
                    adder.add_inputs(some, [&](std::size_t n, std::uint8_t* table) {
                        const std::uint8_t* from = codes.data() + some[n].input * kStreamBits * width;
                        for (std::size_t i = 0; i < kStreamBits * width; ++i)
                            table[i] = static_cast<std::uint8_t>(from[i] ^ some[n].flip[i % width]);
                    });
                }
                adder.finish();
                ASSERT_EQ(acc, expected) << "seed " << seed;
            }
        });
    }
}

} // namespace veilram::test
