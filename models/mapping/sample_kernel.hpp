// Inner loops of the output search, for several instruction sets. All of it is whole numbers: results are the same
// bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace veilram {

constexpr std::size_t kSampleStep = 256; ///< numbers of samples are multiples of it

/// gram[i][j] = sum over the samples of rows[i] * rows[j]; `rows` [size][count], |value| <= 256, count at most 2^15,
/// size a multiple of 4.
void gram_of_samples(const std::int16_t* rows, std::size_t size, std::size_t count, std::int32_t* gram);

/// sums[i] += sign * bits[i], sign +-1.
void add_bytes(const std::int8_t* bits, int sign, std::size_t count, std::int8_t* sums);

} // namespace veilram
