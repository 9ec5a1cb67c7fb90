// The paper's pirate device (Table III): the same cells, read without the secrets (spec section 12).
#pragma once

#include "models/image/image.hpp"
#include "models/image/program.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

/// What the thief guesses instead of the secrets.
enum class PirateVariant {
    signs_known,   ///< random vectors and start positions, true signs
    signs_unknown, ///< random vectors, start positions and signs
    gsl_zero,      ///< every GSL at 0, random start positions, signs as the dump shows them
};
std::string to_string(PirateVariant variant);

/// A thief's device: the dumped cells with guessed secrets. Deterministic per seed.
struct PirateDevice {
    NvmPart nvm;                       ///< dumped cells; signs as this thief reads them (unmasked convention)
    Program program;                   ///< the public program with public signs
    std::vector<LayerSecrets> secrets; ///< guesses
};
/// `owner` is used only for what the variant grants: the true mask keys of signs_known.
PirateDevice make_pirate(PirateVariant variant, const Program& program, const NvmPart& nvm, const std::vector<LayerSecrets>& owner,
                         std::uint64_t seed);

/// Accuracy of a variant over several guesses.
struct PirateResult {
    std::vector<double> accuracy; ///< one per seed, 0..1
    double mean() const;
    double lowest() const;
    double highest() const;
};

} // namespace veilram
