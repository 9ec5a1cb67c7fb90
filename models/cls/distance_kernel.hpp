// Hamming distances of many matrices, the inner loop of the clustering. Compiled for several instruction sets; all give
// the same numbers.
#pragma once

#include "models/base/bits.hpp"

#include <cstddef>
#include <cstdint>

namespace veilram {

/// distances[i * b_count + j] = number of bits in which a[i] and b[j] differ, `words` of each.
void hamming_distances(const Word* const* a, std::size_t a_count, const Word* const* b, std::size_t b_count,
                       std::size_t words, std::uint32_t* distances);

/// How matrices lie in memory, for distances that leave the rows' flips free.
struct RowLayout {
    std::size_t groups = 0;      ///< of rows that flip together
    std::size_t group_words = 0; ///< of one group
    std::size_t group_bits = 0;  ///< that count in a group
    std::size_t last_bits = 0;   ///< in the last one, which may have fewer rows
};
/// The same where each group of rows may be flipped: the smaller of its distance and what its complement leaves.
void flipped_distances(const Word* const* a, std::size_t a_count, const Word* const* b, std::size_t b_count,
                       const RowLayout& layout, std::uint32_t* distances);

} // namespace veilram
