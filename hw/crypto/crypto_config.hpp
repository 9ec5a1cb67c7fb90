// Parameters of the crypto engine and of the key store.
#pragma once

#include "models/base/units.hpp"
#include "models/protect/secrets.hpp"

#include <cstdint>

namespace veilram {

struct CryptoConfig {
    Cost aes_block; ///< one 16-byte block of AES-256-GCM
    Cost sha_block; ///< one 64-byte block of SHA-256
};

struct KeyStoreConfig {
    Key256 root_key{};                 ///< fused at manufacture
    std::uint32_t minimum_version = 1; ///< state of the monotonic counter
    std::uint32_t slots = 1;           ///< one per layer
    std::uint32_t slot_bytes = 4096;   ///< of the volatile key SRAM
    Cost sram_word;                    ///< 8 bytes of the key SRAM
};

} // namespace veilram
