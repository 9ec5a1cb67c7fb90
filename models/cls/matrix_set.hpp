// Equal-sized bit matrices that want to share crossbars (docs/model.md, section 6).
#pragma once

#include "models/base/bits.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

/// The upper left part of a matrix: all of its contents lie there, the rest is padding.
struct Extent {
    std::size_t rows = 0, cols = 0;

    std::size_t cells() const { return rows * cols; }
    friend bool operator==(const Extent& a, const Extent& b) { return a.rows == b.rows && a.cols == b.cols; }
    friend bool operator!=(const Extent& a, const Extent& b) { return !(a == b); }
};

/// What cells of the padding are worth: they may hold anything, or must be zeros like any other cell.
enum class Padding { ignored, zeros };

struct MatrixSet {
    std::vector<BitMatrix> matrices; ///< of one size; padding is zero
    std::vector<Extent> extents;     ///< of each matrix

    std::size_t count() const { return matrices.size(); }
    std::size_t rows() const { return matrices.empty() ? 0 : matrices.front().rows(); }
    std::size_t cols() const { return matrices.empty() ? 0 : matrices.front().cols(); }
    std::size_t words() const { return rows() * words_for(cols()); } ///< of one matrix

    void add(BitMatrix matrix, const Extent& extent);
    /// All cells are contents.
    void add(BitMatrix matrix);
    /// The part of matrix `i` that distances count.
    Extent counted(std::size_t i, Padding padding) const;
};

/// Where `a` and `b` differ, within `extent`; zero elsewhere.
BitMatrix difference(const BitMatrix& a, const BitMatrix& b, const Extent& extent);
/// Number of ones within `extent`.
std::int64_t count_ones(const BitMatrix& bits, const Extent& extent);

} // namespace veilram
