// Sign masking (spec section 7a): stored sign = sign xor keystream(layer key, crossbar, row).
#pragma once

#include "models/base/bits.hpp"
#include "models/protect/secrets.hpp"

#include <cstdint>

namespace veilram {

enum class SignMode { public_signs, masked };
enum class MaskGenerator { trivium, aes_ctr, lfsr };

struct SignConfig {
    SignMode mode = SignMode::masked;
    MaskGenerator generator = MaskGenerator::trivium; ///< lfsr is the weak example: linear, recovered from a few known bits
};

/// `bits` keystream bits of (key, crossbar, row) into `out`. The pair (crossbar, row) is the nonce.
void sign_keystream(MaskGenerator generator, const Key128& key, std::uint32_t crossbar, std::uint32_t row, unsigned bits, Word* out);

/// XORs every row of `signs` with its keystream. Masking twice gives the signs back.
void mask_signs(BitMatrix& signs, MaskGenerator generator, const Key128& key, std::uint32_t crossbar);

} // namespace veilram
