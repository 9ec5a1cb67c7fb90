// The owner's keys, and the seals that they put on an image's secrets (docs/image_format.md, section 4).
#pragma once

#include "models/protect/seal.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

struct KeyConfig {
    KeyScope scope = KeyScope::crossbar;
    std::uint64_t seed = 1;    ///< of the drawn secrets; without a key file whoever has it has the keys
    std::string root_key_file; ///< 64 hex digits, under which secrets are drawn too; empty: all comes from the seed
    std::uint32_t version = 1; ///< of the image, against replay
};
/// Reads the key file or derives the key. Throws UserError.
Key256 load_root_key(const KeyConfig& config);
/// What the owner draws secrets from: the key file and the seed, or the seed alone. Throws UserError.
Bytes load_draw_key(const KeyConfig& config);

/// What a seal says of the image that it belongs to.
struct SealedNetwork {
    std::uint32_t format = 1; ///< of the program
    std::string name;
    std::uint32_t version = 1;
};

/// One blob for each layer's secrets; a blob opens only with this very program text.
std::vector<SealedBlob> seal_blobs(const SealedNetwork& network, const std::string& program,
                                   const std::vector<Bytes>& plain, const KeyConfig& keys);
/// All of them or none. Throws UserError when the version is older than `minimum_version`, when there are not `layers`
/// blobs, and naming the layer when one is refused.
std::vector<Bytes> open_blobs(const SealedNetwork& network, const std::string& program,
                              const std::vector<SealedBlob>& sealed, std::size_t layers, const Key256& root_key,
                              std::uint32_t minimum_version);

} // namespace veilram
