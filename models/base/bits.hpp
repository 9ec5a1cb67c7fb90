// Packed rows of bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

using Word = std::uint64_t;
constexpr std::size_t kWordBits = 64;

constexpr std::size_t words_for(std::size_t bits) { return (bits + kWordBits - 1) / kWordBits; }

constexpr bool get_bit(const Word* words, std::size_t i) { return ((words[i / kWordBits] >> (i % kWordBits)) & 1U) != 0; }
constexpr void set_bit(Word* words, std::size_t i, bool value) {
    const Word mask = Word{1} << (i % kWordBits);
    words[i / kWordBits] = value ? (words[i / kWordBits] | mask) : (words[i / kWordBits] & ~mask);
}

inline unsigned popcount(Word word) { return static_cast<unsigned>(__builtin_popcountll(word)); }

/// Number of ones in `words[0..count)`.
unsigned popcount(const Word* words, std::size_t count);

/// `rows` x `cols` bits, each row starting at a word boundary; bits beyond `cols` are always zero.
class BitMatrix {
public:
    BitMatrix() = default;
    BitMatrix(std::size_t rows, std::size_t cols) : rows_(rows), cols_(cols), words_(rows * words_for(cols)) {}

    std::size_t rows() const { return rows_; }
    std::size_t cols() const { return cols_; }
    std::size_t words_per_row() const { return words_for(cols_); }

    Word* row(std::size_t r) { return words_.data() + r * words_per_row(); }
    const Word* row(std::size_t r) const { return words_.data() + r * words_per_row(); }

    bool get(std::size_t r, std::size_t c) const { return get_bit(row(r), c); }
    void set(std::size_t r, std::size_t c, bool value) { set_bit(row(r), c, value); }

    friend bool operator==(const BitMatrix& a, const BitMatrix& b) {
        return a.rows_ == b.rows_ && a.cols_ == b.cols_ && a.words_ == b.words_;
    }
    friend bool operator!=(const BitMatrix& a, const BitMatrix& b) { return !(a == b); }

private:
    std::size_t rows_ = 0;
    std::size_t cols_ = 0;
    std::vector<Word> words_;
};

/// Row-major bytes, bit i of a row in byte i/8 at position i%8 (LSB first), each row padded to whole bytes.
std::vector<std::uint8_t> to_bytes(const BitMatrix& bits);
/// Inverse of to_bytes. Throws ModelError when the size does not fit.
BitMatrix from_bytes(const std::uint8_t* bytes, std::size_t size, std::size_t rows, std::size_t cols);

} // namespace veilram
