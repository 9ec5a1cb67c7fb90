// What a step of the fast solver costs, for all columns at once and for several instruction sets.
#pragma once

#include <cstddef>

namespace veilram {

/// Arrays over vectors are padded to a multiple of kVectorPad with zeros, those over columns to one of kColumnPad.
constexpr std::size_t kVectorPad = 8, kColumnPad = 32;
constexpr std::size_t kMostVectors = 64;

/// The lines of a row pair. r_i = doubled error of line i (even) or n+i (odd), 0 where the slot is free.
struct StepView {
    const float* even = nullptr;      ///< [vectors] r_i
    const float* odd = nullptr;       ///< [vectors] r_(n+i)
    const float* even_used = nullptr; ///< [vectors] 0 for a free slot, else 1
    const float* odd_used = nullptr;
    std::size_t vectors = 0;      ///< padded
    std::size_t first_column = 0; ///< those before it are left out; a multiple of kColumnPad
    std::size_t columns = 0;      ///< padded
    const float* signs = nullptr; ///< [vectors][columns] u_ij
    const float* up = nullptr;    ///< [columns] 0, or a high price where d_j may not grow
    const float* down = nullptr;  ///< [columns] likewise, where it may not shrink
    float weight = 0.0F;
    float lines = 0.0F; ///< number of used ones
};

struct StepPrice {
    double cost; ///< sum over the used lines of weight * |r| + r^2
    float least; ///< what the cheapest step adds to it
    float bend;  ///< the part of a step's price that is the same for all steps
};

/// Prices after a first step d_j += `first_sign`, whose column is `first` [vectors] of u_ij; 0 is no step. `prices`
/// [columns] receives the price of a step up without bend and blocks; a step down has the opposite one.
StepPrice price_steps(const StepView& view, const float* first, float first_sign, float* prices);

} // namespace veilram
