// Inner loops of the cell search, for several instruction sets. Every element is computed by the same operations in the
// same order on all of them: results are the same bits.
#pragma once

#include <cstddef>

namespace veilram {

/// gram[i][j] = sum over l of rows[l][i] * rows[l][j], rows added one after the other. `size` is a multiple of 16.
void gram_matrix(const float* rows, std::size_t count, std::size_t size, float* gram);

/// A flip of bit i changes the error by 2 * flip[i] * slope[i] + bend[i]; flip is +1 where the bit is off, -1 where it
/// is on.
struct FlipView {
    const float* slope;
    const float* flip;
    const float* bend;
    const float* barred; ///< added to the price: large where a bit must not be flipped now
    std::size_t size;    ///< a multiple of 16
};
struct Flip {
    std::size_t bit; ///< the first of the cheapest
    float price;
};
Flip cheapest_flip(const FlipView& view);

/// slope[j] += sign * row[j], sign +-1.
void add_row(const float* row, float sign, std::size_t size, float* slope);

} // namespace veilram
