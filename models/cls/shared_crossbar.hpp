// A crossbar that several matrices share, and how it is read (docs/model.md, section 6).
#pragma once

#include "models/cls/flip.hpp"
#include "models/sc/geometry.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

constexpr std::size_t kMetadataLines = 2; ///< rows, and as many columns, for each sharing matrix

/// An ISAAC crossbar: inputs drive the rows, outputs leave at the columns. The centroid lies in the upper left corner.
/// Each sharing matrix has two rows below it, CFV and RFV, and two columns to its right, RFV and its complement.
class SharedCrossbar {
public:
    /// Throws ModelError when the vectors do not fit the centroid.
    SharedCrossbar(const BitMatrix& centroid, const std::vector<FlipVectors>& members);

    std::size_t rows() const { return rows_; } ///< of the centroid
    std::size_t cols() const { return cols_; }
    const BitMatrix& cells() const { return cells_; }
    /// What the metadata rows say of a member.
    FlipVectors flips(std::size_t member) const;

    /// Products of the member's matrix with `inputs`, one per row: y[o] for each column. By definition, cell by cell:
    /// the inputs of flipped rows change sign, every column adds up what its ones let through, and with O the sum of a
    /// column, R and N those of the member's RFV column and of its complement, y = O - R where CFV has a zero, N - O
    /// where it has a one. (R counts inputs with changed signs only: it is minus the sum of them.)
    std::vector<std::int64_t> read_literal(std::size_t member, const std::vector<int>& inputs) const;
    /// The same from counts of bits: inputs bit by bit, as a chip feeds them, positive and negative ones apart.
    std::vector<std::int64_t> read(std::size_t member, const std::vector<int>& inputs) const;

private:
    std::size_t rows_, cols_;
    BitMatrix cells_;
    BitMatrix columns_; ///< the cells that inputs reach, a row for each column
};

/// What `matrix`, stored as it is, gives for these inputs.
std::vector<std::int64_t> product(const BitMatrix& matrix, const std::vector<int>& inputs);

/// The 1T4R crossbar turns this round: a stream drives the columns (word lines), counts leave at the row pairs. So RFV,
/// equal for both rows of a pair, tells how to take a count, and word lines whose CFV bit is set drive the negative
/// stream. Counts of the member's lines that `vector` forms, one per row pair, by definition. `centroid` has array.rows
/// x array.cols cells; throws ModelError when the rows of a pair flip apart.
std::vector<int> read_shared_pairs_literal(const BitMatrix& centroid, const ArrayGeometry& array,
                                           const FlipVectors& flips, const GslVector& vector, const Word* stream);
/// The same from two reads of whole lines.
std::vector<int> read_shared_pairs(const BitMatrix& centroid, const ArrayGeometry& array, const FlipVectors& flips,
                                   const GslVector& vector, const Word* stream);

} // namespace veilram
