// The baseline: published totals, and crossbars that multiply exactly.
#include "models/base/diagnostics.hpp"
#include "models/isaac/isaac_array.hpp"
#include "tb/cli/run_config.hpp"
#include "tb/support/isaac_table.hpp"
#include "tb/support/random_data.hpp"

#include <gtest/gtest.h>

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

} // namespace
} // namespace veilram::test
