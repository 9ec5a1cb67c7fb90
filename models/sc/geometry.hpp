// Size of a 1T4R crossbar and what one GSL vector selects (docs/model.md, section 1).
#pragma once

#include "models/base/bits.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

/// Physical size of a crossbar.
struct ArrayGeometry {
    int rows = 256;   ///< physical bit lines; even
    int cols = 256;   ///< word lines = stream length
    int segment = 4;  ///< neighbouring cells of a row that switch together; divides cols

    int row_pairs() const { return rows / 2; }
    int segments() const { return cols / segment; }
    /// A row of the sign crossbar holds two slots of signs and is the source of one stream.
    int sign_bits() const { return rows > cols ? rows : cols; }

    friend bool operator==(const ArrayGeometry& a, const ArrayGeometry& b) {
        return a.rows == b.rows && a.cols == b.cols && a.segment == b.segment;
    }
};

/// One bit per segment column: bit j set connects the segment of row 2p, clear that of row 2p+1, for every row pair p.
using GslVector = std::vector<Word>;

/// The complement over `segments` bits.
GslVector complement(const GslVector& vector, int segments);

/// The secret vectors of one crossbar. Slot i uses vector i, slot n+i its complement.
struct GslVectors {
    std::vector<GslVector> vectors;

    int count() const { return static_cast<int>(vectors.size()); }
    int slots() const { return 2 * count(); }
    /// The vector that slot `slot` (0..2n-1) connects.
    GslVector of_slot(int slot, int segments) const;
};

} // namespace veilram
