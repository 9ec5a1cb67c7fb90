#include "models/attack/pirate.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/random.hpp"
#include "models/image/sc_engine.hpp"

#include <algorithm>
#include <numeric>

namespace veilram {
namespace {

/// How this thief takes the sign rows of the dump.
SignConfig sign_reading(PirateVariant variant, const SignConfig& signs) {
    SignConfig reading = signs;
    if (variant == PirateVariant::gsl_zero) reading.mode = SignMode::public_signs; // at face value
    if (variant == PirateVariant::signs_unknown) reading.mode = SignMode::masked;  // by a mask of random bits
    if (variant == PirateVariant::signs_unknown && signs.mode == SignMode::public_signs)
        reading.generator = MaskGenerator::trivium;
    return reading;
}

void connect_nothing(LayerSecrets& secrets) {
    for (GslVectors& gsl : secrets.gsl)
        for (GslVector& vector : gsl.vectors) std::fill(vector.begin(), vector.end(), Word{0});
}

} // namespace

std::string to_string(PirateVariant variant) {
    switch (variant) {
    case PirateVariant::signs_known:
        return "signs_known";
    case PirateVariant::signs_unknown:
        return "signs_unknown";
    case PirateVariant::gsl_zero:
        return "gsl_zero";
    case PirateVariant::flips_unknown:
        return "flips_unknown";
    }
    throw ModelError("unknown pirate variant");
}

PirateDevice make_pirate(PirateVariant variant, const Program& program, const NvmSource& nvm,
                         const std::vector<LayerSecrets>& owner, std::uint64_t seed) {
    PirateDevice device{program, {}};
    device.program.signs = sign_reading(variant, program.signs);
    const std::uint64_t guess = make_rng(seed, "pirate")(); // never the owner's key seed, even for equal numbers
    for (std::size_t l = 0; l < program.layers.size(); ++l) {
        LayerSecrets secrets =
            draw_secrets(guess, KeyScope::crossbar, l, program.layers[l].crossbars.size(), program.n, program.array);
        if (variant == PirateVariant::flips_unknown) {
            secrets = owner.at(l);
            secrets.flips.clear();
        }
        if (variant == PirateVariant::signs_known) secrets.mask_key = owner.at(l).mask_key;
        if (variant == PirateVariant::gsl_zero) connect_nothing(secrets);
        secrets.weight_sums = realised_weight_sums(device.program, nvm, l, secrets);
        device.secrets.push_back(std::move(secrets));
    }
    return device;
}

double PirateResult::mean() const {
    if (accuracy.empty()) return 0.0;
    return std::accumulate(accuracy.begin(), accuracy.end(), 0.0) / static_cast<double>(accuracy.size());
}

double PirateResult::lowest() const {
    return accuracy.empty() ? 0.0 : *std::min_element(accuracy.begin(), accuracy.end());
}

double PirateResult::highest() const {
    return accuracy.empty() ? 0.0 : *std::max_element(accuracy.begin(), accuracy.end());
}

} // namespace veilram
