// The paper's pirate device (Table III): the same cells, read without the secrets (docs/model.md, section 12).
#pragma once

#include "models/image/image.hpp"
#include "models/image/program.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

/// What the thief guesses instead of the secrets.
enum class PirateVariant {
    signs_known,   ///< random vectors and start positions, signs right but for those that are flipped at rest
    signs_unknown, ///< random vectors, start positions and signs
    gsl_zero,      ///< every GSL at 0, random start positions, signs as the dump shows them
    flips_unknown, ///< every secret but which signs are flipped at rest
};
std::string to_string(PirateVariant variant);

/// What a thief's device is run with, on the dumped cells as they are: ScEngine(device.program, nvm, device.secrets).
/// The stored sign rows stay the converter's source in every variant; a guess of the signs is a mask over them.
struct PirateDevice {
    Program program;                   ///< the public program, with the way this thief reads the sign rows
    std::vector<LayerSecrets> secrets; ///< guesses; the weight sums are what the cells give under these guesses
};
/// Deterministic per seed. `owner` is used only for what the variant grants: the true mask keys of signs_known, all but
/// the flips of flips_unknown.
PirateDevice make_pirate(PirateVariant variant, const Program& program, const NvmSource& nvm,
                         const std::vector<LayerSecrets>& owner, std::uint64_t seed);

/// Accuracy of a variant over several guesses; the figures of no guess at all are 0.
struct PirateResult {
    std::vector<double> accuracy; ///< one per seed, 0..1
    double mean() const;
    double lowest() const;
    double highest() const;
};

} // namespace veilram
