// Authenticated encryption of secrets at rest: AES-256-GCM by OpenSSL.
#pragma once

#include "models/protect/secrets.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace veilram {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(const std::uint8_t* data, std::size_t size);

/// Associated data of a blob: authenticated, not encrypted. A blob opens only in the place it was sealed for.
struct SealHeader {
    std::uint32_t format = 1;
    std::string network;
    std::uint32_t layer = 0;
    std::uint32_t version = 1; ///< checked against the device's monotonic counter
    Digest program{};          ///< SHA-256 of the public layer program: it cannot be swapped under the secrets

    /// format, layer, version (u32 each), program digest, length of the network's name (u32), the name; little-endian.
    Bytes encode() const;
};

/// nonce (12 bytes) | cipher text | tag (16 bytes).
using SealedBlob = Bytes;
constexpr std::size_t kSealBytes = 28; ///< around the plain text

/// The nonce is derived from root key, header and plain text: equal inputs give equal blobs, and no nonce is used for
/// two different texts, not even when an owner seals other secrets for the same layer and version.
SealedBlob seal(const Key256& root_key, const SealHeader& header, const Bytes& plain);

/// The plain text, or nothing when a single bit of blob, header or key differs.
std::optional<Bytes> unseal(const Key256& root_key, const SealHeader& header, const SealedBlob& blob);

} // namespace veilram
