// Stream-aware cells: the error they minimise against its definition, and the search for its minimum.
#include "models/base/diagnostics.hpp"
#include "models/base/random.hpp"
#include "models/mapping/cell_kernel.hpp"
#include "models/mapping/cell_search.hpp"
#include "models/sc/crossbar_read.hpp"
#include "models/sc/kernels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

namespace veilram::test {
namespace {

/// A row pair with n vectors, its streams, and levels that occur at random.
struct Sample {
    ArrayGeometry array{2, 256, 4};
    GslVectors vectors;
    BitMatrix rows;
    StartTable start{};
    ConverterConfig converter;
    std::vector<LevelShares> levels; ///< of each slot
    std::vector<int> targets;
    std::vector<bool> used;
    BitMatrix cells{2, 256};
    std::unique_ptr<CellSearch> search;

    Sample(std::uint64_t seed, int n, int zero, double spread = 0.0) {
        Rng rng = make_rng(seed, "cell search");
        const auto random_rows = [&](std::size_t count) {
            BitMatrix bits(count, 256);
            for (std::size_t r = 0; r < count; ++r)
                for (std::size_t w = 0; w < bits.words_per_row(); ++w) bits.row(r)[w] = rng();
            return bits;
        };
        const auto vector_count = static_cast<std::size_t>(n);
        converter.kind = seed % 2 == 0 ? ConverterKind::lfsr : ConverterKind::sign_bit;
        rows = random_rows(vector_count);
        cells = random_rows(2);
        for (std::size_t i = 0; i < vector_count; ++i) vectors.vectors.push_back({rng()});
        for (std::uint8_t& h : start) h = static_cast<std::uint8_t>(rng());
        for (int slot = 0; slot < 2 * n; ++slot) {
            LevelShares shares;
            for (double& share : shares.share) share = rng() % 3 == 0 ? static_cast<double>(rng() % 100) : 0.0;
            shares.share[17] = 50;
            shares.zero = zero;
            levels.push_back(shares);
            used.push_back(rng() % 4 != 0 || slot == 0);
            targets.push_back(used.back() ? static_cast<int>(rng() % 150) : BlsProblem::kFree);
        }
        search = std::make_unique<CellSearch>(vectors, array, sources(), used_levels(), spread);
    }
    std::vector<StreamSource> sources() const {
        std::vector<StreamSource> all;
        for (std::size_t i = 0; i < rows.rows(); ++i) all.push_back({converter, rows.row(i), &start});
        return all;
    }
    std::vector<const LevelShares*> used_levels() const {
        std::vector<const LevelShares*> all;
        for (std::size_t slot = 0; slot < levels.size(); ++slot) all.push_back(used[slot] ? &levels[slot] : nullptr);
        return all;
    }
    double error() const { return search->error(targets, cells.row(0), cells.row(1)); }
    void improve() { search->improve(targets, cells.row(0), cells.row(1)); }

    /// Error of a product, as a crossbar reads and the digital unit corrects.
    double product_error(std::size_t slot, unsigned level) const {
        const GslVector vector = vectors.of_slot(static_cast<int>(slot), array.segments());
        std::vector<Word> stream(4), every(4, ~Word{0});
        write_stream(sources()[slot % rows.rows()], level, stream.data());
        const double count = read_count_literal(cells, array, 0, vector, stream.data());
        const double line = read_count_literal(cells, array, 0, vector, every.data());
        const int zero = levels[slot].zero;
        return count - zero * line / 256 - targets[slot] * (static_cast<double>(level) - zero) / 256;
    }

    /// Variance over the levels, summed over the slots.
    double literal_error() const {
        double sum = 0.0;
        for (std::size_t slot = 0; slot < targets.size(); ++slot) {
            double all = 0.0, mean = 0.0, squares = 0.0;
            for (unsigned level = 0; used[slot] && level < 256; ++level) {
                const double share = levels[slot].share[level], error = share > 0.0 ? product_error(slot, level) : 0.0;
                all += share;
                mean += share * error;
                squares += share * error * error;
            }
            if (used[slot]) sum += squares / all - mean / all * (mean / all);
        }
        return sum;
    }

    /// Sum over the segment columns of the difference of ones, squared.
    double literal_spread() const {
        double sum = 0.0;
        for (std::size_t j = 0; j < 64; ++j) {
            int difference = 0;
            for (std::size_t t = 4 * j; t < 4 * j + 4; ++t) difference += cells.get(0, t) - cells.get(1, t);
            sum += difference * difference;
        }
        return sum;
    }
};

TEST(CellSearchTest, TheErrorIsThatOfTheCounts) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed)
        for (const int zero : {0, 90}) {
            const Sample sample(seed, 1 + static_cast<int>(seed), zero);
            EXPECT_NEAR(sample.error(), sample.literal_error(), 1e-3 * sample.literal_error()) << "seed " << seed;
        }
}

TEST(CellSearchTest, SpreadIsWorthWhatItSays) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        const Sample plain(seed, 2, 0), spread(seed, 2, 0, 0.25);
        EXPECT_NEAR(spread.error(), plain.error() - 0.25 * plain.literal_spread(), 1e-3 * plain.error());
        Sample still(seed, 2, 0), spreading(seed, 2, 0, 1.0);
        still.improve();
        spreading.improve();
        EXPECT_GT(spreading.literal_spread(), 1.5 * still.literal_spread());
    }
}

TEST(CellSearchTest, TheSearchEndsWithLessErrorThanItStartedWith) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        Sample sample(seed, 4, 0);
        const double before = sample.error();
        sample.improve();
        const double after = sample.error();
        EXPECT_LT(after, 0.5 * before) << "seed " << seed;
        EXPECT_NEAR(after, sample.literal_error(), 1e-3 * before);
        sample.improve();
        EXPECT_LE(sample.error(), after * 1.0001) << "a search keeps the best cells it has seen";
    }
}

TEST(CellSearchTest, NoSingleFlipImprovesTheResultMuch) {
    Sample sample(3, 2, 40);
    sample.improve();
    const double best = sample.error();
    for (std::size_t row = 0; row < 2; ++row)
        for (std::size_t t = 0; t < 256; ++t) {
            sample.cells.set(row, t, !sample.cells.get(row, t));
            EXPECT_GT(sample.error(), best - 1e-2 * best); // a bit that was flipped lately is barred
            sample.cells.set(row, t, !sample.cells.get(row, t));
        }
}

TEST(CellSearchTest, EveryInstructionSetGivesTheSameCells) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        Sample first(seed, 3, 10);
        first.improve();
        for (const std::string& level : simd_levels()) {
            use_simd_level(level);
            Sample again(seed, 3, 10);
            again.improve();
            EXPECT_EQ(again.cells, first.cells) << level;
        }
        use_simd_level("");
    }
}

TEST(CellSearchTest, PartsThatDoNotFitTogetherAreRefused) {
    const Sample sample(1, 2, 0);
    const auto build = [&](const std::vector<StreamSource>& sources, const std::vector<const LevelShares*>& levels) {
        CellSearch(sample.vectors, sample.array, sources, levels);
    };
    EXPECT_NO_THROW(build(sample.sources(), sample.used_levels()));
    EXPECT_THROW(build({}, sample.used_levels()), ModelError);
    EXPECT_THROW(build(sample.sources(), {nullptr}), ModelError);
}

TEST(CellKernelTest, GramMatrixAndFlipsFollowTheirDefinitions) {
    Rng rng = make_rng(1, "cell kernel");
    const auto number = [&] { return static_cast<float>(rng() % 1000) / 1000.0F - 0.5F; };
    constexpr std::size_t kSize = 48, kRows = 37;
    std::vector<float> rows(kRows * kSize), slope(kSize), flip(kSize), bend(kSize), barred(kSize);
    for (float& v : rows) v = number();
    for (std::size_t i = 0; i < kSize; ++i) {
        slope[i] = number(), bend[i] = number(), barred[i] = i % 5 == 0 ? 1e30F : 0.0F;
        flip[i] = rng() % 2 == 0 ? 1.0F : -1.0F;
    }
    for (const std::string& level : simd_levels()) {
        use_simd_level(level);
        std::vector<float> gram(kSize * kSize);
        gram_matrix(rows.data(), kRows, kSize, gram.data());
        for (std::size_t i = 0; i < kSize; ++i)
            for (std::size_t j = 0; j < kSize; ++j) {
                float sum = 0.0F;
                for (std::size_t l = 0; l < kRows; ++l) sum += rows[l * kSize + i] * rows[l * kSize + j];
                ASSERT_EQ(gram[i * kSize + j], sum) << level << " " << i << " " << j;
            }
        const Flip got = cheapest_flip({slope.data(), flip.data(), bend.data(), barred.data(), kSize});
        for (std::size_t i = 0; i < kSize; ++i) {
            const float price = 2.0F * flip[i] * slope[i] + bend[i] + barred[i];
            EXPECT_TRUE(i < got.bit ? price > got.price : price >= got.price) << level;
            EXPECT_TRUE(i != got.bit || price == got.price) << level;
        }
        std::vector<float> sums = slope;
        add_row(rows.data(), -1.0F, kSize, sums.data());
        for (std::size_t i = 0; i < kSize; ++i) EXPECT_EQ(sums[i], slope[i] - rows[i]) << level;
    }
    use_simd_level("");
}

} // namespace
} // namespace veilram::test
