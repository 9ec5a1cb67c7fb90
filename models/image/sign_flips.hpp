// Flipped signs in the sign crossbar: how sparse fast gradient encryption joins the protection of GSL vectors
// (docs/model.md, section 7).
#pragma once

#include "models/image/compile.hpp"
#include "models/sfge/key.hpp"

#include <vector>

namespace veilram {

/// Where the signs of one layer's weights sit, not yet with their bits at rest; `indices` are flat in the layer's quantised weights. Throws UserError
/// when lines hold the signs.
std::vector<SignFlip> sign_places(const Program& program, std::size_t layer, const std::vector<std::uint32_t>& indices);

/// Puts the key's signs among the secrets and seals them anew. `clean` has the crossbars as they were compiled: the image
/// itself, whose crossbars then get flipped, or a LayerStore, which is FlippedSigns away from what is at rest. Throws as
/// sign_places() does.
void add_sign_flips(Compiled& compiled, const NvmSource& clean, const SfgeKey& key, const KeyConfig& keys);
/// How many there are.
std::size_t count_flips(const std::vector<LayerSecrets>& secrets);

/// The crossbars of `nvm` with the bits of these secrets flipped: clean ones become those at rest, and the other way
/// round.
class FlippedSigns final : public NvmSource {
public:
    /// Keeps a reference to `nvm`. Throws ModelError when a flip lies outside its layer.
    FlippedSigns(const Program& program, const NvmSource& nvm, const std::vector<LayerSecrets>& secrets);

    std::size_t crossbars() const override { return nvm_.crossbars(); }
    /// Copies the signs, and those only of crossbars among which some are flipped.
    NvmView view(std::size_t first, std::size_t count) const override;

private:
    const NvmSource& nvm_;
    std::vector<SignFlip> flips_; ///< crossbars numbered in the chip, in their order
};

} // namespace veilram
