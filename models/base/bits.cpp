#include "models/base/bits.hpp"

#include "models/base/diagnostics.hpp"

#include <string>

namespace veilram {

unsigned popcount(const Word* words, std::size_t count) {
    unsigned ones = 0;
    for (std::size_t i = 0; i < count; ++i) ones += popcount(words[i]);
    return ones;
}

std::vector<std::uint8_t> to_bytes(const BitMatrix& bits) {
    const std::size_t row_bytes = (bits.cols() + 7) / 8;
    std::vector<std::uint8_t> bytes;
    bytes.reserve(bits.rows() * row_bytes);
    for (std::size_t r = 0; r < bits.rows(); ++r)
        for (std::size_t b = 0; b < row_bytes; ++b)
            bytes.push_back(static_cast<std::uint8_t>(bits.row(r)[b / 8] >> (8 * (b % 8))));
    return bytes;
}

BitMatrix from_bytes(const std::uint8_t* bytes, std::size_t size, std::size_t rows, std::size_t cols) {
    const std::size_t row_bytes = (cols + 7) / 8;
    if (size != rows * row_bytes)
        throw ModelError("bit matrix of " + std::to_string(rows) + "x" + std::to_string(cols) + " does not fit " +
                         std::to_string(size) + " bytes");
    BitMatrix bits(rows, cols);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t b = 0; b < row_bytes; ++b) {
            const unsigned unused = b + 1 == row_bytes && cols % 8 != 0 ? 0xffU >> (cols % 8) << (cols % 8) : 0U;
            bits.row(r)[b / 8] |= static_cast<Word>(*bytes++ & ~unused & 0xffU) << (8 * (b % 8));
        }
    return bits;
}

} // namespace veilram
