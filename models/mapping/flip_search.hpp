// The search for the best cells of a row pair.
#pragma once

#include "models/base/bits.hpp"

#include <cstddef>
#include <vector>

namespace veilram {

/// Looks for bits x that make x' M x + 2 s' x small: flips the cheapest bit again and again, none that was flipped
/// lately, and keeps the best bits it has seen. For one thread.
class FlipSearch {
public:
    struct Effort {
        std::size_t flips = 600;
        std::size_t barred_for = 40; ///< flips during which a bit stays as it is
    };
    /// Of row pairs with `cols` cells in each row: x has those of the even row, then those of the odd one.
    FlipSearch(std::size_t cols, Effort effort);

    /// `matrix` [2 cols][2 cols] is symmetric, `slope` [2 cols] is s. Deterministic.
    void improve(const float* matrix, const float* slope, Word* even, Word* odd);

private:
    void start(const float* matrix, const float* slope, const Word* even, const Word* odd);
    void flip(const float* matrix, std::size_t cell);

    std::size_t cols_, cells_;
    Effort effort_;
    std::vector<float> slope_, flip_, bend_, barred_;
};

} // namespace veilram
