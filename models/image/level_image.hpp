// A network on plain cells - bit-sliced levels, as ISAAC stores them - and its protection by sparse fast gradient
// encryption (docs/image_format.md, section 5).
#pragma once

#include "models/image/keys.hpp"
#include "models/image/level_program.hpp"
#include "models/sfge/encrypt.hpp"

#include <string>
#include <vector>

namespace veilram {

struct LevelImage {
    LevelProgram program;
    std::string text;                 ///< encode(program), exactly the bytes that were digested into the seals
    std::vector<QuantWeights> levels; ///< of each matrix layer, as the cells hold them, in the program's scales
    std::vector<SealedBlob> sealed;   ///< one for each layer of an encrypted image; else none
};

/// A folded graph in clear. `layers` and `weights` are those of its matrix nodes.
LevelImage make_level_image(const Graph& graph, const InputFormat& input, const std::vector<LayerQuant>& layers,
                            const std::vector<QuantWeights>& weights, std::uint32_t version);

/// Writes the encrypted levels into the cells of a clear image and seals the patches. Throws ModelError when they are
/// not of this image.
LevelImage encrypt(const LevelImage& clear, const std::vector<std::vector<LevelPatch>>& patches, const KeyConfig& keys);
/// The clear image, bit for bit. Throws UserError, before any secret is used, when the image is not encrypted, is older
/// than `minimum_version`, is sealed under another root key, or any bit of cells, program or blobs has changed.
LevelImage decrypt(const LevelImage& image, const Key256& root_key, std::uint32_t minimum_version);

/// Plain text of a layer's sealed blob, and back. Throws ModelError on a malformed one: it was authenticated.
Bytes encode(const std::vector<LevelPatch>& patches);
std::vector<LevelPatch> decode_patches(const Bytes& bytes);

/// As write_image() and read_image() do it for crossbars. Reading throws UserError too when the cells are not those
/// that the program was made for.
void write_level_image(const LevelImage& image, const std::string& path);
LevelImage read_level_image(const std::string& path);
/// Whether this HDF5 file says that it is one. Throws UserError when it is no image at all.
bool is_level_image(const std::string& path);

} // namespace veilram
