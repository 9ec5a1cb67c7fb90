// Which rows and columns of a matrix to flip so that it comes close to the one whose crossbar it shares (docs/model.md,
// section 6).
#pragma once

#include "models/cls/matrix_set.hpp"

#include <cstddef>
#include <vector>

namespace veilram {

/// A flipped row or column holds the complement of what the shared crossbar holds: the flip vectors RFV and CFV.
struct FlipVectors {
    std::vector<Word> rows; ///< a bit per row
    std::vector<Word> cols; ///< a bit per column

    bool none() const;
    friend bool operator==(const FlipVectors& a, const FlipVectors& b) { return a.rows == b.rows && a.cols == b.cols; }
};
FlipVectors no_flips(std::size_t rows, std::size_t cols);

/// matrix xor rows xor columns, within `extent`; zero elsewhere.
BitMatrix flipped(const BitMatrix& matrix, const FlipVectors& flips, const Extent& extent);

struct FlipResult {
    FlipVectors flips;
    std::size_t before = 0, after_lines = 0, after = 0; ///< mismatches: at first, after columns and rows, at last
    std::size_t passes = 0;                             ///< over columns and rows before the first pair
    std::size_t pairs = 0;                              ///< of a row and a column that were flipped together
};
/// The greedy search of the paper. `mismatch` has a one where the two matrices differ and nothing outside `extent`.
/// Every column in turn with ones in more than half of its cells is flipped, then every row likewise, until a pass
/// changes nothing; then the pair of a row and a column that lowers the mismatches most, the lowest row first, then the
/// lowest column, and so on until no pair lowers them. Rows flip in groups of `row_group` neighbours: 2 where two rows
/// share a bit line.
FlipResult find_flips(const BitMatrix& mismatch, const Extent& extent, std::size_t row_group = 1);

} // namespace veilram
