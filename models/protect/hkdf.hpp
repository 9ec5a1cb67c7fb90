// HKDF-SHA256 (RFC 5869) by OpenSSL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

/// Most that one expansion gives: 255 SHA-256 blocks.
constexpr std::size_t kHkdfMax = 255 * 32;

/// `count` bytes (at most kHkdfMax) of HKDF-SHA256(key, salt, info). Throws ModelError when OpenSSL refuses.
std::vector<std::uint8_t> hkdf_sha256(const std::uint8_t* key, std::size_t key_size,
                                      const std::vector<std::uint8_t>& salt, const std::vector<std::uint8_t>& info,
                                      std::size_t count);

} // namespace veilram
