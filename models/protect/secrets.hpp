// What must stay secret, and where it comes from (docs/model.md, section 8).
#pragma once

#include "models/sc/geometry.hpp"
#include "models/sc/streams.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

using Bytes = std::vector<std::uint8_t>;
using Key256 = std::array<std::uint8_t, 32>;
using Key128 = std::array<std::uint8_t, 16>;

enum class KeyScope { network, layer, crossbar };

/// A bit of the sign crossbar that is flipped at rest (docs/model.md, section 7).
struct SignFlip {
    std::uint32_t crossbar = 0; ///< of the layer
    std::uint32_t row = 0, column = 0;
    bool at_rest = false; ///< the stored bit while the layer is locked

    friend bool operator==(const SignFlip& a, const SignFlip& b) {
        return a.crossbar == b.crossbar && a.row == b.row && a.column == b.column && a.at_rest == b.at_rest;
    }
};

/// Secrets of one layer: the plain text of its sealed blob. Lives in volatile memory only.
struct LayerSecrets {
    std::vector<GslVectors> gsl; ///< one per crossbar of the layer (repeated for wider scopes)
    StartTable start{};          ///< H
    Key128 mask_key{};           ///< sign-mask key; unused with public signs
    std::vector<std::int32_t>
        weight_sums;             ///< per output: sum of realised signed weights, for the zero-point correction
    std::vector<SignFlip> flips; ///< empty without sparse fast gradient encryption

    friend bool operator==(const LayerSecrets& a, const LayerSecrets& b);
};

/// Plain text of the sealed blob (docs/image_format.md). Throws ModelError when the vectors do not fit `array`.
Bytes encode(const LayerSecrets& secrets, const ArrayGeometry& array);
/// Throws ModelError on a malformed blob (it was authenticated, so malformed means a bug).
LayerSecrets decode_secrets(const Bytes& bytes, const ArrayGeometry& array);

/// Overwrites and empties them.
void wipe(LayerSecrets& secrets);
void wipe(Bytes& bytes);
void wipe(std::vector<Bytes>& all);
void wipe(std::string& text);
/// Overwrites it.
void wipe(Key256& key);

/// Wipes `secret` at the end of its scope, however that is left.
template <class Secret> class WipedAtEnd {
public:
    explicit WipedAtEnd(Secret& secret) : secret_(secret) {}
    ~WipedAtEnd() { wipe(secret_); }
    WipedAtEnd(const WipedAtEnd&) = delete;
    WipedAtEnd& operator=(const WipedAtEnd&) = delete;

private:
    Secret& secret_;
};

/// Key material of an owner who has a seed and no root key: its 8 bytes.
Bytes seed_key(std::uint64_t key_seed);
/// Key material of an owner with a root key: HKDF-SHA256, so that it tells nothing about the root key. The seed picks
/// one of many draws and reveals nothing.
Bytes root_draw_key(const Key256& root_key, std::uint64_t key_seed);

/// Bytes drawn from key material: HKDF-SHA256(key, label). Same key and label, same bytes, on every platform; a longer
/// draw starts with the shorter one. More than 8160 bytes take several expansions.
Bytes derive_bytes(const Bytes& key, const std::string& label, std::size_t count);
inline Bytes derive_bytes(std::uint64_t key_seed, const std::string& label, std::size_t count) {
    return derive_bytes(seed_key(key_seed), label, count);
}

/// Draws the vectors, H and mask key of one layer. `layer` and the crossbar number enter the label as far as `scope`
/// says. Every `version` of an image has mask keys of its own: the same keystream over other signs would tell where
/// they differ.
LayerSecrets draw_secrets(const Bytes& key, KeyScope scope, std::size_t layer, std::size_t crossbars, int n,
                          const ArrayGeometry& array, std::uint32_t version = 1);
inline LayerSecrets draw_secrets(std::uint64_t key_seed, KeyScope scope, std::size_t layer, std::size_t crossbars,
                                 int n, const ArrayGeometry& array) {
    return draw_secrets(seed_key(key_seed), scope, layer, crossbars, n, array);
}

/// Number of distinct secret bits that the whole network's owner must keep: vectors, H tables and mask keys.
std::int64_t key_bits(const std::vector<std::size_t>& crossbars_per_layer, KeyScope scope, int n,
                      const ArrayGeometry& array, bool masked);

} // namespace veilram
