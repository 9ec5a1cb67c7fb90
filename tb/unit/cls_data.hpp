// Matrices for the tests of crossbar-level sharing, and the random numbers of NumPy's RandomState, in which independent
// figures were made.
#pragma once

#include "models/cls/flip.hpp"
#include "models/cls/matrix_set.hpp"
#include "tb/support/random_data.hpp"

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

inline FlipVectors random_flips(Rng& rng, std::size_t rows, std::size_t cols, std::size_t row_group = 1) {
    FlipVectors flips = no_flips(rows, cols);
    for (std::size_t r = 0; r < rows; ++r)
        set_bit(flips.rows.data(), r,
                r % row_group == 0 ? random_int(rng, 0, 1) == 1 : get_bit(flips.rows.data(), r - 1));
    for (std::size_t c = 0; c < cols; ++c) set_bit(flips.cols.data(), c, random_int(rng, 0, 1) == 1);
    return flips;
}

/// Matrices around `kinds` random ones, with 1 bit in 8 changed; padded ones among them.
inline MatrixSet random_set(Rng& rng, std::size_t count, std::size_t kinds, std::size_t rows, std::size_t cols,
                            bool padded) {
    std::vector<BitMatrix> centres;
    for (std::size_t k = 0; k < kinds; ++k) centres.push_back(random_bits(rng, rows, cols));
    MatrixSet set;
    for (std::size_t i = 0; i < count; ++i) {
        Extent extent{rows, cols};
        if (padded && i % 3 == 0) extent = {rows - i % 5, cols - i % 7};
        BitMatrix matrix(rows, cols);
        const BitMatrix& centre = centres[i % kinds];
        for (std::size_t r = 0; r < extent.rows; ++r)
            for (std::size_t c = 0; c < extent.cols; ++c)
                matrix.set(r, c, centre.get(r, c) != (random_int(rng, 0, 7) == 0));
        set.add(std::move(matrix), extent);
    }
    return set;
}

inline std::size_t literal_distance(const BitMatrix& a, const BitMatrix& b, const Extent& extent) {
    std::size_t sum = 0;
    for (std::size_t r = 0; r < extent.rows; ++r)
        for (std::size_t c = 0; c < extent.cols; ++c) sum += a.get(r, c) != b.get(r, c) ? 1 : 0;
    return sum;
}

} // namespace veilram::test
