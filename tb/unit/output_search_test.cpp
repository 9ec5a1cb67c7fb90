// Output-aware cells: errors of outputs against a crossbar's literal reads, and the search that makes them small.
#include "models/base/diagnostics.hpp"
#include "models/base/random.hpp"
#include "models/mapping/output_search.hpp"
#include "models/mapping/sample_kernel.hpp"
#include "models/sc/crossbar_read.hpp"
#include "models/sc/kernels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>

namespace veilram::test {
namespace {

constexpr std::size_t kCount = 2 * kSampleStep;

/// A row pair with n vectors; the levels at its inputs follow one another, as those of neighbouring pixels do.
struct Sample {
    ArrayGeometry array{2, 256, 4};
    GslVectors vectors;
    BitMatrix rows;
    BitMatrix cells{2, 256};
    StartTable start{};
    ConverterConfig converter;
    std::vector<LevelShares> shares;
    std::vector<std::vector<std::uint8_t>> levels; ///< by slot
    std::vector<bool> used;
    std::vector<int> targets;
    std::vector<bool> negative;
    std::unique_ptr<OutputSearch> search;
    std::unique_ptr<CellSearch> products;

    explicit Sample(std::uint64_t seed, bool signs = true) : rows(4, 256) {
        Rng rng = make_rng(seed, "output search");
        const int zero = seed % 3 == 0 ? 40 : 0;
        converter.kind = seed % 2 == 0 ? ConverterKind::lfsr : ConverterKind::sign_bit;
        for (BitMatrix* bits : {&rows, &cells})
            for (std::size_t r = 0; r < bits->rows(); ++r)
                for (std::size_t w = 0; w < bits->words_per_row(); ++w) bits->row(r)[w] = rng();
        for (std::size_t i = 0; i < rows.rows(); ++i) vectors.vectors.push_back({rng()});
        for (std::uint8_t& h : start) h = static_cast<std::uint8_t>(rng());
        std::vector<int> common(kCount);
        for (int& level : common) level = static_cast<int>(rng() % 150);
        for (std::size_t slot = 0; slot < 2 * rows.rows(); ++slot) {
            shares.emplace_back();
            shares.back().zero = zero;
            levels.emplace_back();
            for (const int level : common) {
                levels.back().push_back(static_cast<std::uint8_t>((level + static_cast<int>(rng() % 30)) / 8 * 8));
                shares.back().share[levels.back().back()] += 1;
            }
            used.push_back(slot != 5);
            targets.push_back(used.back() ? static_cast<int>(rng() % 120) : BlsProblem::kFree);
            negative.push_back(signs && rng() % 2 == 0);
        }
        search = std::make_unique<OutputSearch>(vectors, array, sources(), used_shares(), samples());
        products = std::make_unique<CellSearch>(vectors, array, sources(), used_shares());
    }
    std::vector<StreamSource> sources() const {
        std::vector<StreamSource> all;
        for (std::size_t i = 0; i < rows.rows(); ++i) all.push_back({converter, rows.row(i), &start});
        return all;
    }
    std::vector<const LevelShares*> used_shares() const {
        std::vector<const LevelShares*> all;
        for (std::size_t slot = 0; slot < shares.size(); ++slot) all.push_back(used[slot] ? &shares[slot] : nullptr);
        return all;
    }
    SlotSamples samples() const {
        SlotSamples all{{}, kCount, 100};
        for (std::size_t slot = 0; slot < levels.size(); ++slot)
            all.levels.push_back(used[slot] ? levels[slot].data() : nullptr);
        return all;
    }
    RowPair pair() { return {targets, negative, cells.row(0), cells.row(1)}; }
    /// From cells that suit the products, as in a compilation.
    void improve(const std::vector<std::int32_t>& errors) {
        products->improve(targets, cells.row(0), cells.row(1));
        OutputSearch::Scratch scratch;
        search->improve(pair(), errors.data(), scratch);
    }
    std::vector<std::int32_t> errors() {
        std::vector<std::int32_t> all(kCount);
        search->add_errors(pair(), 1, all.data());
        return all;
    }
    /// As a crossbar reads it, in 1/256 counts.
    std::int32_t literal_error(std::size_t sample) const {
        std::int32_t sum = 0;
        for (std::size_t slot = 0; slot < levels.size(); ++slot) {
            if (!used[slot]) continue;
            const int level = levels[slot][sample];
            std::vector<Word> stream(4);
            write_stream(sources()[slot % rows.rows()], static_cast<unsigned>(level), stream.data());
            const GslVector vector = vectors.of_slot(static_cast<int>(slot), array.segments());
            const int count = read_count_literal(cells, array, 0, vector, stream.data());
            const int error = 256 * count - targets[slot] * (level - shares[slot].zero);
            sum += negative[slot] ? -error : error;
        }
        return sum;
    }
};

double variance(const std::vector<std::int32_t>& values) {
    const double count = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
    double sum = 0.0;
    for (const std::int32_t v : values) sum += (v - mean) * (v - mean);
    return sum / count;
}

TEST(OutputSearchTest, ErrorsAreThoseOfTheReads) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        Sample sample(seed);
        std::vector<std::int32_t> errors = sample.errors();
        for (std::size_t i = 0; i < kCount; i += 37) ASSERT_EQ(errors[i], sample.literal_error(i)) << "seed " << seed;
        sample.search->add_errors(sample.pair(), -1, errors.data());
        EXPECT_EQ(errors, std::vector<std::int32_t>(kCount)) << "what was added can be taken out";
    }
}

TEST(OutputSearchTest, OutputsComeOutBetterThanWithCellsForProducts) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        Sample sample(seed);
        Sample products(seed);
        products.products->improve(products.targets, products.cells.row(0), products.cells.row(1));
        const double before = variance(products.errors());
        sample.improve(std::vector<std::int32_t>(kCount));
        EXPECT_LT(variance(sample.errors()), 0.8 * before) << "seed " << seed;
    }
}

TEST(OutputSearchTest, ItMakesUpForWhatOtherCrossbarsAreOff) {
    for (std::uint64_t seed = 1; seed <= 7; seed += 2) { // sign-bit converter: the LFSR's streams leave little freedom
        Sample sample(seed);
        std::vector<std::int32_t> others(kCount); // off with the level of the first input, as by a weight of 20
        for (std::size_t i = 0; i < kCount; ++i) others[i] = 20 * sample.levels[0][i] + 777;
        Sample alone(seed);
        alone.improve(std::vector<std::int32_t>(kCount));
        sample.improve(others);
        const auto total = [&](Sample& of) {
            std::vector<std::int32_t> sum = of.errors();
            std::transform(sum.begin(), sum.end(), others.begin(), sum.begin(), std::plus<>());
            return variance(sum);
        };
        EXPECT_LT(total(sample), 0.8 * total(alone)) << "seed " << seed;
        std::vector<std::int32_t> shifted = others; // what does not change from sample to sample is the bias's business
        for (std::int32_t& error : shifted) error -= 5000;
        Sample again(seed);
        again.improve(shifted);
        EXPECT_EQ(again.cells, sample.cells) << "seed " << seed;
    }
}

TEST(OutputSearchTest, OneMatrixForAllRowPairsGivesTheSameCells) {
    Sample own(1, false), shared(1, false);
    shared.search->share_matrix();
    own.improve(std::vector<std::int32_t>(kCount));
    shared.improve(std::vector<std::int32_t>(kCount));
    EXPECT_EQ(shared.cells, own.cells);
}

TEST(OutputSearchTest, EveryInstructionSetGivesTheSameCells) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        Sample first(seed);
        first.improve(first.errors());
        for (const std::string& level : simd_levels()) {
            use_simd_level(level);
            Sample again(seed);
            again.improve(again.errors());
            EXPECT_EQ(again.cells, first.cells) << level;
        }
        use_simd_level("");
    }
}

TEST(OutputSearchTest, PartsThatDoNotFitTogetherAreRefused) {
    const Sample sample(1);
    const auto build = [&](const SlotSamples& samples) {
        OutputSearch(sample.vectors, sample.array, sample.sources(), sample.used_shares(), samples);
    };
    SlotSamples samples = sample.samples();
    EXPECT_NO_THROW(build(samples));
    samples.count = 100;
    EXPECT_THROW(build(samples), ModelError);
    samples = sample.samples();
    samples.levels.pop_back();
    EXPECT_THROW(build(samples), ModelError);
}

TEST(SampleKernelTest, SumsFollowTheirDefinitions) {
    Rng rng = make_rng(1, "sample kernel");
    constexpr std::size_t kSize = 12, kSamples = 3 * kSampleStep;
    std::vector<std::int16_t> rows(kSize * kSamples);
    for (std::int16_t& v : rows) v = static_cast<std::int16_t>(static_cast<int>(rng() % 513) - 256);
    std::vector<std::int8_t> bits(kSamples), old(kSamples);
    for (std::size_t i = 0; i < kSamples; ++i) bits[i] = rng() % 2, old[i] = static_cast<std::int8_t>(rng() % 100);
    for (const std::string& level : simd_levels()) {
        use_simd_level(level);
        std::vector<std::int32_t> gram(kSize * kSize);
        gram_of_samples(rows.data(), kSize, kSamples, gram.data());
        for (std::size_t i = 0; i < kSize; ++i)
            for (std::size_t j = 0; j < kSize; ++j) {
                std::int32_t sum = 0;
                for (std::size_t s = 0; s < kSamples; ++s) sum += rows[i * kSamples + s] * rows[j * kSamples + s];
                ASSERT_EQ(gram[i * kSize + j], sum) << level << " " << i << " " << j;
            }
        for (const int sign : {1, -1}) {
            std::vector<std::int8_t> sums = old;
            add_bytes(bits.data(), sign, kSamples, sums.data());
            for (std::size_t i = 0; i < kSamples; ++i) ASSERT_EQ(sums[i], old[i] + sign * bits[i]) << level;
        }
    }
    use_simd_level("");
}

} // namespace
} // namespace veilram::test
