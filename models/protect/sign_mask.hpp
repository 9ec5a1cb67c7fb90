// Sign masking (docs/model.md, section 7a): stored sign = sign xor keystream(layer key, crossbar, row).
#pragma once

#include "models/base/bits.hpp"
#include "models/protect/secrets.hpp"

#include <cstdint>

namespace veilram {

enum class SignMode { public_signs, masked };
enum class MaskGenerator { trivium, aes_ctr, lfsr };

struct SignConfig {
    SignMode mode = SignMode::masked;
    MaskGenerator generator =
        MaskGenerator::trivium; ///< lfsr is the weak example: linear, recovered from a few known bits
};

/// `bits` keystream bits of (key, crossbar, row) into `out`; bits of the last word beyond them are zero. The pair
/// (crossbar, row) is the nonce; `crossbar` counts over the whole chip, so that no pair repeats under a key that
/// several layers share. Trivium's key is the first 80 key bits.
void sign_keystream(MaskGenerator generator, const Key128& key, std::uint32_t crossbar, std::uint32_t row,
                    unsigned bits, Word* out);

/// XORs every row of `signs` with its keystream; `crossbar` as above. Masking twice gives the signs back.
void mask_signs(BitMatrix& signs, MaskGenerator generator, const Key128& key, std::uint32_t crossbar);

} // namespace veilram
