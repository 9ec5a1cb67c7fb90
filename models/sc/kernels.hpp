// The inner loops of bit-true counting, compiled for several instruction sets; the best that the processor has is
// chosen at run time. All give the same bits.
#pragma once

#include "models/base/bits.hpp"
#include "models/sc/stream_family.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

/// Bytes of a table row: one for each output of a block, rounded up to a width that the kernels know.
constexpr std::size_t kWidths[] = {16, 32, 64};
constexpr std::size_t kMaxWidth = 64;
constexpr std::size_t kAlignment = 64; ///< of tables, running sums and 16-bit sums

/// counts[r] = popcount(lines row r AND stream), for `rows` rows of `words` words that lie one after the other.
void count_lines(const Word* lines, std::size_t rows, std::size_t words, const Word* stream, std::uint16_t* counts);

/// What the ADC leaves of a byte: min(count, limit), then AND mask.
struct ByteAdc {
    std::uint8_t limit = 255;
    std::uint8_t mask = 255;
};

/// sums[0] = 0, sums[i + 1] = sums[i] + bits[i], byte by byte modulo 256. `bits` holds kStreamBits rows of width bits,
/// `sums` kStreamBits + 1 rows of `width` bytes. (A difference of two sums is at most 255: no information is lost.)
void running_sums(const std::uint8_t* bits, std::size_t width, std::uint8_t* sums);

/// table[level] = ADC(sums over the level's runs) XOR flip, for every level of `levels`; other rows stay as they are.
void fill_rows(const std::uint8_t* sums, std::size_t width, const StreamFamily& family, const LevelSet& levels,
               const ByteAdc& adc, const std::uint8_t* flip, std::uint8_t* table);

/// table[level] = codes[level] XOR flip, for every level of `levels`; other rows stay as they are.
void flip_rows(const std::uint8_t* codes, std::size_t width, const LevelSet& levels, const std::uint8_t* flip,
               std::uint8_t* table);

/// From one table to the next. Rows of one level in all tables are read one after the other; the gap keeps them from
/// falling into the same set of a first-level cache, which holds eight or twelve of them.
constexpr std::size_t table_step(std::size_t width) { return kStreamBits * width + 256; }

/// For every position p and input k: adds table k's row of level levels[origins[p] + offsets[k]].
struct RowAdds {
    const std::uint8_t* levels;
    const std::uint32_t* origins;
    std::size_t positions;
    const std::uint32_t* offsets;
    std::size_t inputs;
    std::size_t width;
    const std::uint8_t* tables; ///< [kStreamBits][width] for each input, table_step(width) apart
    std::uint16_t* sums;        ///< [positions][width]: first sums of 256 * odd + even bytes, then of odd bytes alone
};
constexpr std::size_t kMostRowAdds = 256; ///< rows that fit the 16-bit sums before flush_sums()
void add_rows(const RowAdds& adds);

/// acc[p * stride + o] += sum of output o at position p; the sums become 0.
void flush_sums(std::uint16_t* sums, std::size_t positions, std::size_t width, std::size_t outputs, std::int32_t* acc,
                std::size_t stride);

/// Instruction sets that this build and this processor have, best first, by name.
std::vector<std::string> simd_levels();
/// Uses this one from now on; an empty name means the best. For tests and benchmarks. Throws UserError when it is not
/// one of simd_levels(). Not to be called while kernels run.
void use_simd_level(const std::string& name);

} // namespace veilram
