// The random numbers of NumPy's RandomState, in which independent figures were made.
#pragma once

#include "models/base/bits.hpp"

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace veilram::test {

/// MT19937 and what RandomState makes of it: rand() and permutation().
class NumpyRandom {
public:
    explicit NumpyRandom(std::uint32_t seed) : engine_(seed) {}

    /// In [0, 1), 53 bits.
    double real() {
        const std::uint32_t high = engine_() >> 5U, low = engine_() >> 6U;
        return (high * 67108864.0 + low) / 9007199254740992.0;
    }
    /// rand(rows, cols) < density, row by row.
    BitMatrix bits(std::size_t rows, std::size_t cols, double density) {
        BitMatrix matrix(rows, cols);
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t c = 0; c < cols; ++c) matrix.set(r, c, real() < density);
        return matrix;
    }
    std::vector<std::size_t> permutation(std::size_t count) {
        std::vector<std::size_t> order(count);
        std::iota(order.begin(), order.end(), std::size_t{0});
        for (std::size_t i = count - 1; i > 0; --i) std::swap(order[i], order[below(i)]);
        return order;
    }
    /// In 0..highest: the first draw that fits, cut to the bits that `highest` needs.
    std::uint32_t below(std::size_t highest) {
        std::uint32_t mask = 1;
        while (mask < highest) mask = mask * 2 + 1;
        std::uint32_t value = engine_() & mask;
        while (value > highest) value = engine_() & mask;
        return value;
    }

private:
    std::mt19937 engine_; ///< seeded as NumPy seeds with one 32-bit number
};

} // namespace veilram::test
