// The baseline: published totals, and crossbars that multiply exactly.
#include "models/base/diagnostics.hpp"
#include "models/isaac/isaac_array.hpp"
#include "models/isaac/isaac_placement.hpp"
#include "tb/cli/run_config.hpp"
#include "tb/support/isaac_table.hpp"
#include "tb/support/random_data.hpp"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace veilram::test {
namespace {

TEST(IsaacConfigTest, AddsUpToThePublishedTable) { // Table I of ISAAC
    const IsaacConfig isaac = published_isaac();
    EXPECT_NEAR(watts(ima_total(isaac).power) * 12e3, 289.0, 0.5);
    EXPECT_NEAR(square_millimetres(ima_total(isaac).area) * 12, 0.157, 0.0006);
    EXPECT_NEAR(watts(tile_total(isaac).power) * 1e3, 330.0, 0.5);
    EXPECT_NEAR(square_millimetres(tile_total(isaac).area), 0.372, 0.0006);
    EXPECT_NEAR(watts(chip_total(isaac).power), 65.8, 0.05);
    EXPECT_NEAR(square_millimetres(chip_total(isaac).area), 85.4, 0.05);
    const double power_efficiency = peak_operations(isaac) / watts(chip_total(isaac).power) * 1e-9;
    EXPECT_NEAR(power_efficiency, 627.5, 1.0) << "GOPS/W";
    const double area_efficiency = peak_operations(isaac) / square_millimetres(chip_total(isaac).area) * 1e-9;
    EXPECT_NEAR(area_efficiency, 478.95, 5.0) << "GOPS/s/mm2: the table's areas are rounded";
}

TEST(IsaacConfigTest, TheTableOnDiskIsTheOneOfTheTests) {
    const RunConfig config = load_run_config("configs/explore.yaml", {});
    const IsaacConfig loaded = isaac_config(config.isaac.value()), expected = published_isaac();
    for (const IsaacField& field : isaac_fields()) {
        EXPECT_EQ((loaded.components.*field.component).power, (expected.components.*field.component).power)
            << field.key;
        EXPECT_EQ((loaded.components.*field.component).area, (expected.components.*field.component).area) << field.key;
    }
}

TEST(IsaacConfigTest, AnEightBitArrayDoesFourTimesTheProducts) {
    IsaacConfig sixteen = published_isaac(), eight = sixteen;
    eight.bits = 8;
    EXPECT_DOUBLE_EQ(peak_operations(eight), 4 * peak_operations(sixteen));
    EXPECT_EQ(sixteen.pipeline_stages(), 22);
    EXPECT_EQ(eight.weights_per_row(), 2 * sixteen.weights_per_row());
}

class IsaacArrayTest : public ::testing::TestWithParam<int> {
protected:
    IsaacConfig config_ = [] {
        IsaacConfig config = published_isaac();
        config.bits = GetParam();
        return config;
    }();
    std::int32_t lowest() const { return -(1 << (config_.bits - 1)); }
    std::uint32_t largest() const { return (1U << config_.bits) - 1; }

    void expect_exact(const std::vector<std::int32_t>& weights, const std::vector<std::uint32_t>& inputs) const {
        const std::size_t outputs = weights.size() / inputs.size();
        const IsaacArray array(config_, weights, inputs.size(), outputs);
        const auto sums = array.multiply(inputs);
        for (std::size_t o = 0; o < outputs; ++o) {
            std::int64_t expected = 0;
            for (std::size_t i = 0; i < inputs.size(); ++i)
                expected += std::int64_t{inputs[i]} * weights[i * outputs + o];
            EXPECT_EQ(sums[o], expected) << "output " << o;
        }
        EXPECT_EQ(array.overflows(), 0);
    }
};

TEST_P(IsaacArrayTest, MultipliesRandomWeightsExactly) {
    const auto outputs = static_cast<std::size_t>(config_.weights_per_row());
    for (const std::size_t inputs : {std::size_t{1}, std::size_t{77}, std::size_t{128}})
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            Rng rng = make_rng(seed, "isaac array");
            std::vector<std::int32_t> weights(inputs * outputs);
            for (auto& weight : weights) weight = random_int(rng, lowest(), -lowest() - 1);
            std::vector<std::uint32_t> levels(inputs);
            for (auto& level : levels)
                level = static_cast<std::uint32_t>(random_int(rng, 0, static_cast<int>(largest())));
            expect_exact(weights, levels);
        }
}

TEST_P(IsaacArrayTest, ExtremeWeightsAndInputsNeverOverflowTheConverter) {
    const std::size_t inputs = 128;
    for (const std::int32_t weight : {lowest(), -1, 0, 1, -lowest() - 1}) {
        expect_exact(std::vector<std::int32_t>(inputs * 2, weight), std::vector<std::uint32_t>(inputs, largest()));
        expect_exact(std::vector<std::int32_t>(inputs * 2, weight), std::vector<std::uint32_t>(inputs, 0));
    }
}

TEST_P(IsaacArrayTest, WithoutInvertedColumnsASumWouldNotFit) { // why the encoding is there
    const std::vector<std::uint32_t> ones(128, 1);
    const IsaacArray inverted(config_, std::vector<std::int32_t>(128, -1), 128, 1); // biased: 011..1, most cells 3
    for (int column = 0; column < config_.cells_per_weight(); ++column)
        EXPECT_LE(inverted.convert(ones, 0, column), 192);
    // Half of the weights 0 and half of them -1: no column sums to more than half of what it could, none is inverted.
    std::vector<std::int32_t> half(128, 0);
    std::fill(half.begin(), half.begin() + 64, -1);
    EXPECT_LE(IsaacArray(config_, half, 128, 1).convert(ones, 0, 0), 192);
    std::int32_t raw = 0; // what the lowest column of all -1 would sum to
    for (int i = 0; i < 128; ++i) raw += ((-1 + (1 << (config_.bits - 1))) & 3);
    EXPECT_GT(raw, (1 << config_.adc_bits) - 1);
}

TEST_P(IsaacArrayTest, WhatDoesNotFitIsRefused) {
    const auto outputs = static_cast<std::size_t>(config_.weights_per_row());
    EXPECT_THROW(IsaacArray(config_, std::vector<std::int32_t>(129), 129, 1), ModelError);
    EXPECT_THROW(IsaacArray(config_, std::vector<std::int32_t>(outputs + 1), 1, outputs + 1), ModelError);
    EXPECT_THROW(IsaacArray(config_, {-lowest()}, 1, 1), ModelError);
    EXPECT_THROW(IsaacArray(config_, {1, 2}, 1, 1), ModelError);
    EXPECT_THROW(IsaacArray(config_, {1}, 1, 1).multiply({1, 2}), ModelError);
}

INSTANTIATE_TEST_SUITE_P(Bits, IsaacArrayTest, ::testing::Values(8, 16));

/// What a column of the cells says of a weight, by definition: digits make the weight plus half its range.
std::int64_t weight_of(const IsaacConfig& config, const std::vector<std::uint8_t>& digits) {
    std::int64_t value = 0;
    for (std::size_t s = digits.size(); s-- > 0;) value = (value << config.cell_bits) + digits[s];
    return value - (std::int64_t{1} << (config.bits - 1));
}

TEST(IsaacPlacementTest, DigitsMakeTheWeight) {
    for (const int bits : {8, 16}) {
        IsaacConfig config = published_isaac();
        config.bits = bits;
        const std::int32_t half = 1 << (bits - 1);
        for (std::int32_t weight = -half; weight < half; weight += bits == 8 ? 1 : 37) {
            const auto digits = isaac_digits(config, weight);
            ASSERT_EQ(digits.size(), static_cast<std::size_t>(bits) / 2);
            ASSERT_EQ(weight_of(config, digits), weight);
        }
        EXPECT_THROW(isaac_digits(config, half), ModelError);
        EXPECT_THROW(isaac_digits(config, -half - 1), ModelError);
    }
}

TEST(IsaacPlacementTest, EveryWeightHasCellsOfItsOwnAndTheSumsAreThoseOfTheWeights) {
    Rng rng = make_rng(3, "isaac placement");
    for (const int bits : {8, 16}) {
        IsaacConfig config = published_isaac();
        config.bits = bits;
        config.tiles = 1;
        const IsaacMap map(config, {{2, 150, 20}, {1, 3, 40}}); // groups, inputs, outputs of a group
        std::set<std::pair<std::uint32_t, std::uint32_t>> taken;
        for (const auto& [layer, weights] : {std::pair{0, 2 * 150 * 20}, std::pair{1, 3 * 40}})
            for (int index = 0; index < weights; ++index) {
                const int q = random_int(rng, -255, 255);
                const auto cells = map.cells(static_cast<std::size_t>(layer), static_cast<std::size_t>(index), q);
                std::vector<std::int64_t> parts(map.outputs_of_weights().parts());
                for (std::size_t part = 0; part < parts.size(); ++part) {
                    std::vector<std::uint8_t> digits;
                    for (std::size_t s = 0; s < static_cast<std::size_t>(bits) / 2; ++s)
                        digits.push_back(cells.at(part * static_cast<std::size_t>(bits) / 2 + s).digit);
                    parts[part] = weight_of(config, digits);
                }
                ASSERT_EQ(map.outputs_of_weights().sum(parts, 0), q);
                for (const IsaacCell& cell : cells) ASSERT_TRUE(taken.insert({cell.row, cell.column}).second);
            }
        EXPECT_THROW(map.cells(0, 2 * 150 * 20, 0), ModelError);
        EXPECT_THROW(map.cells(1, 0, 256), ModelError);
        EXPECT_EQ(map.arrays_used() * 128, (taken.rbegin()->first / 128 + 1) * 128U)
            << "the last row is in the last array";
    }
}

TEST(IsaacPlacementTest, ANetworkThatDoesNotFitIsNamed) {
    IsaacConfig config = published_isaac();
    config.tiles = 1; // 96 crossbars of 128 x 16
    EXPECT_NO_THROW(IsaacMap(config, {{1, 128, 16 * 96}}));
    EXPECT_THROW(IsaacMap(config, {{1, 128, 16 * 96}, {1, 1, 1}}), UserError);
}

TEST_P(IsaacArrayTest, ADigitThatIsWrittenIsTheOneThatCounts) {
    Rng rng = make_rng(5, "isaac digits");
    std::vector<std::int32_t> weights(8 * 4);
    const std::int32_t half = 1 << (GetParam() - 1);
    for (auto& weight : weights) weight = random_int(rng, -half, half - 1);
    IsaacArray array(config_, weights, 8, 4);
    std::vector<std::uint32_t> inputs(8);
    for (auto& input : inputs) input = static_cast<std::uint32_t>(random_int(rng, 0, 255));
    for (int change = 0; change < 50; ++change) {
        const auto at = static_cast<std::size_t>(random_int(rng, 0, 31));
        weights[at] = random_int(rng, -half, half - 1);
        const auto digits = isaac_digits(config_, weights[at]);
        for (std::size_t s = 0; s < digits.size(); ++s) {
            array.set_digit(at / 4, at % 4 * digits.size() + s, digits[s]);
            EXPECT_EQ(array.digit(at / 4, at % 4 * digits.size() + s), digits[s]);
        }
        std::vector<std::int64_t> expected(4);
        for (std::size_t i = 0; i < 8; ++i)
            for (std::size_t o = 0; o < 4; ++o) expected[o] += std::int64_t{inputs[i]} * weights[i * 4 + o];
        ASSERT_EQ(array.multiply(inputs), expected);
    }
    EXPECT_EQ(array.overflows(), 0);
}

} // namespace
} // namespace veilram::test
