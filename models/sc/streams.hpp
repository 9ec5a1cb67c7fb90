// Binary-to-stream converters (docs/model.md, section 3). A stream of level L holds exactly L ones.
#pragma once

#include "models/base/bits.hpp"

#include <array>
#include <cstdint>

namespace veilram {

enum class ConverterKind { sign_bit, lfsr };

struct ConverterConfig {
    ConverterKind kind = ConverterKind::sign_bit;
    std::uint8_t lfsr_seed = 1; ///< first state; public
};

/// Secret start positions of the sign-bit converter, one per level ("hash table", paper section VI).
using StartTable = std::array<std::uint8_t, 256>;

/// The next state of the 8-bit LFSR x^8+x^6+x^5+x^4+1, de Bruijn-extended so that all 256 states occur once per period.
std::uint8_t lfsr_next(std::uint8_t state);

/// Bit t of the stream is (state_t < level), state_0 = seed. `stream` has 256 bits.
void lfsr_stream(unsigned level, std::uint8_t seed, Word* stream);

/// From `start`, cyclically, the first (L-c) zeros of `source` become ones, or the first (c-L) ones become zeros; c = ones in source.
/// Bit by bit, by definition. `source` and `stream` have `bits` bits and may not overlap; level <= bits, start < bits.
void sign_bit_stream_literal(const Word* source, unsigned bits, unsigned level, unsigned start, Word* stream);

/// The same bits, word by word.
void sign_bit_stream(const Word* source, unsigned bits, unsigned level, unsigned start, Word* stream);

/// Number of bits the converter injects for `level`: |L - c|.
unsigned injected_bits(const Word* source, unsigned bits, unsigned level);

} // namespace veilram
