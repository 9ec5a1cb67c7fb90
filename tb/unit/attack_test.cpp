#include "models/attack/pirate.hpp"
#include "tb/unit/small_network.hpp"

#include <gtest/gtest.h>

#include <set>

namespace veilram::test {
namespace {

constexpr PirateVariant kVariants[] = {PirateVariant::signs_known, PirateVariant::signs_unknown,
                                       PirateVariant::gsl_zero};

Compiled victim(SignMode mode) {
    CompileConfig config = small_config();
    config.signs.mode = mode;
    return compile_small(config);
}

PirateDevice pirate(PirateVariant variant, const Compiled& device, std::uint64_t seed) {
    return make_pirate(variant, device.program, device.image.nvm, device.secrets, seed);
}

/// Share of the used signs that a thief reads rightly.
double right_signs(const PirateDevice& thief, const Compiled& device) {
    double right = 0, all = 0;
    for (std::size_t l = 0; l < device.secrets.size(); ++l) {
        const LayerProgram& layer = device.program.layers[l];
        for (std::uint32_t x = 0; x < layer.crossbars.size(); ++x) {
            const std::uint32_t chip = layer.first_crossbar + x;
            const BitMatrix& stored = device.image.nvm.signs[chip];
            const BitMatrix owner = true_signs(device.program, stored, device.secrets[l], chip);
            const BitMatrix read = true_signs(thief.program, stored, thief.secrets[l], chip);
            for (std::size_t row = 0; row < owner.rows(); ++row)
                for (std::size_t col = 0; col < owner.cols(); ++col, ++all)
                    right += owner.get(row, col) == read.get(row, col) ? 1 : 0;
        }
    }
    return right / all;
}

} // namespace

TEST(PirateTest, TrueSecretsInThePiratesHandsGiveTheOwnersLogits) {
    const Tensor images = small_images(3, 1);
    for (const auto mode : {SignMode::public_signs, SignMode::masked}) {
        const Compiled device = victim(mode);
        PirateDevice thief = pirate(PirateVariant::signs_known, device, 1);
        for (std::size_t l = 0; l < thief.secrets.size(); ++l) {
            thief.secrets[l].gsl = device.secrets[l].gsl;
            thief.secrets[l].start = device.secrets[l].start;
            thief.secrets[l].weight_sums = realised_weight_sums(thief.program, device.image.nvm, l, thief.secrets[l]);
        }
        EXPECT_EQ(run(thief.program, device.image.nvm, thief.secrets, images).data,
                  run(device.program, device.image.nvm, device.secrets, images).data);
    }
}

TEST(PirateTest, GuessesGiveOtherLogits) {
    const Tensor images = small_images(3, 1);
    for (const auto mode : {SignMode::public_signs, SignMode::masked}) {
        const Compiled device = victim(mode);
        std::set<std::vector<float>> logits{run(device.program, device.image.nvm, device.secrets, images).data};
        for (const PirateVariant variant : kVariants) {
            const PirateDevice thief = pirate(variant, device, 1);
            logits.insert(run(thief.program, device.image.nvm, thief.secrets, images).data);
        }
        EXPECT_EQ(logits.size(), 4U);
    }
}

TEST(PirateTest, TheSeedAloneDecides) {
    const Compiled device = victim(SignMode::masked);
    for (const PirateVariant variant : kVariants) {
        EXPECT_EQ(pirate(variant, device, 5).secrets, pirate(variant, device, 5).secrets);
        EXPECT_NE(pirate(variant, device, 5).secrets, pirate(variant, device, 6).secrets);
    }
}

TEST(PirateTest, EqualSeedsDoNotHandTheThiefTheOwnersSecrets) {
    CompileConfig config = small_config();
    for (const std::uint64_t seed : {1ULL, 2ULL, 3ULL}) {
        config.keys.seed = seed;
        const Compiled device = compile_small(config);
        const PirateDevice thief = pirate(PirateVariant::signs_known, device, seed);
        for (std::size_t l = 0; l < device.secrets.size(); ++l) {
            EXPECT_NE(thief.secrets[l].start, device.secrets[l].start);
            for (std::size_t x = 0; x < device.secrets[l].gsl.size(); ++x)
                EXPECT_NE(thief.secrets[l].gsl[x].vectors, device.secrets[l].gsl[x].vectors);
        }
    }
}

TEST(PirateTest, EachVariantReadsTheSignsItIsGranted) {
    const Compiled masked = victim(SignMode::masked), open = victim(SignMode::public_signs);
    for (const Compiled* device : {&masked, &open}) {
        EXPECT_EQ(right_signs(pirate(PirateVariant::signs_known, *device, 1), *device), 1.0);
        EXPECT_NEAR(right_signs(pirate(PirateVariant::signs_unknown, *device, 1), *device), 0.5, 0.05);
    }
    EXPECT_NEAR(right_signs(pirate(PirateVariant::gsl_zero, masked, 1), masked), 0.5, 0.05);
    EXPECT_EQ(right_signs(pirate(PirateVariant::gsl_zero, open, 1), open), 1.0);
}

TEST(PirateTest, GslZeroConnectsTheOddRowsOrTheEvenOnes) {
    const PirateDevice thief = pirate(PirateVariant::gsl_zero, victim(SignMode::masked), 1);
    for (const LayerSecrets& secrets : thief.secrets)
        for (const GslVectors& gsl : secrets.gsl)
            for (const GslVector& vector : gsl.vectors) EXPECT_EQ(popcount(vector.data(), vector.size()), 0U);
}

TEST(PirateTest, WeightSumsAreThoseOfTheGuesses) {
    const Compiled device = victim(SignMode::masked);
    for (const PirateVariant variant : kVariants) {
        const PirateDevice thief = pirate(variant, device, 3);
        for (std::size_t l = 0; l < thief.secrets.size(); ++l) {
            EXPECT_EQ(thief.secrets[l].weight_sums,
                      realised_weight_sums(thief.program, device.image.nvm, l, thief.secrets[l]));
            EXPECT_NE(thief.secrets[l].weight_sums, device.secrets[l].weight_sums);
        }
    }
}

TEST(PirateResultTest, SummarisesTheGuesses) {
    const PirateResult result{{0.25, 0.5, 0.75, 0.1}};
    EXPECT_DOUBLE_EQ(result.mean(), 0.4);
    EXPECT_EQ(result.lowest(), 0.1);
    EXPECT_EQ(result.highest(), 0.75);
    EXPECT_EQ(PirateResult{}.mean(), 0.0);
}

} // namespace veilram::test
