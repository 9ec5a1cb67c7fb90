#include "models/sc/streams.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <string>

namespace veilram {
namespace {

constexpr unsigned kLfsrPeriod = 256;

void check_request(unsigned bits, unsigned level, unsigned start) {
    if (level > bits || start >= bits)
        throw ModelError("a stream of " + std::to_string(bits) + " bits cannot have level " + std::to_string(level) +
                         " from start " + std::to_string(start));
}

/// Ones among bits from..bits-1 of word `w`, zeros elsewhere; used to cut a range of bits out of whole words.
Word range_mask(std::size_t w, unsigned from, unsigned to) {
    const std::size_t low = w * kWordBits;
    const auto below = [low](unsigned end) { // the bits of this word in front of `end`
        if (end <= low) return Word{0};
        return end >= low + kWordBits ? ~Word{0} : (Word{1} << (end - low)) - 1;
    };
    return below(to) & ~below(from);
}

unsigned ones_in(const Word* source, unsigned bits) {
    unsigned ones = 0;
    for (std::size_t w = 0; w < words_for(bits); ++w) ones += popcount(source[w] & range_mask(w, 0, bits));
    return ones;
}

/// The lowest `count` ones of `word`, or all of them if there are fewer.
Word lowest_ones(Word word, unsigned count) {
    if (popcount(word) <= count) return word;
    Word rest = word;
    for (unsigned i = 0; i < count; ++i) rest &= rest - 1;
    return word & ~rest;
}

/// Flips the first `left` bits of stream[from..to) that equal `old`, and lowers `left` by the number flipped.
void flip_first(Word* stream, unsigned from, unsigned to, bool old, unsigned& left) {
    for (std::size_t w = from / kWordBits; w < words_for(to) && left > 0; ++w) {
        const Word candidates = (old ? stream[w] : ~stream[w]) & range_mask(w, from, to);
        const Word flipped = lowest_ones(candidates, left);
        stream[w] ^= flipped;
        left -= popcount(flipped);
    }
}

} // namespace

std::uint8_t lfsr_next(std::uint8_t state) {
    const unsigned taps = (state >> 7) ^ (state >> 5) ^ (state >> 4) ^ (state >> 3);
    const unsigned low_bits_clear = (state & 0x7FU) == 0 ? 1U : 0U; // de Bruijn: 0x80 -> 0x00 -> 0x01
    return static_cast<std::uint8_t>((static_cast<unsigned>(state) << 1) | ((taps ^ low_bits_clear) & 1U));
}

void lfsr_stream(unsigned level, std::uint8_t seed, Word* stream) {
    check_request(kLfsrPeriod, level, 0);
    std::uint8_t state = seed;
    for (unsigned t = 0; t < kLfsrPeriod; ++t) {
        set_bit(stream, t, state < level);
        state = lfsr_next(state);
    }
}

void sign_bit_stream_literal(const Word* source, unsigned bits, unsigned level, unsigned start, Word* stream) {
    check_request(bits, level, start);
    unsigned ones = 0;
    for (unsigned t = 0; t < bits; ++t) ones += get_bit(source, t) ? 1U : 0U;
    const bool inject_ones = level > ones;
    unsigned left = inject_ones ? level - ones : ones - level;
    std::fill_n(stream, words_for(bits), Word{0});
    for (unsigned step = 0; step < bits; ++step) {
        const unsigned t = (start + step) % bits;
        bool bit = get_bit(source, t);
        if (left > 0 && bit != inject_ones) {
            bit = inject_ones;
            --left;
        }
        set_bit(stream, t, bit);
    }
}

void sign_bit_stream(const Word* source, unsigned bits, unsigned level, unsigned start, Word* stream) {
    check_request(bits, level, start);
    for (std::size_t w = 0; w < words_for(bits); ++w) stream[w] = source[w] & range_mask(w, 0, bits);
    const unsigned ones = popcount(stream, words_for(bits));
    unsigned left = level > ones ? level - ones : ones - level;
    flip_first(stream, start, bits, level < ones, left);
    flip_first(stream, 0, start, level < ones, left);
}

unsigned injected_bits(const Word* source, unsigned bits, unsigned level) {
    const unsigned ones = ones_in(source, bits);
    return level > ones ? level - ones : ones - level;
}

} // namespace veilram
