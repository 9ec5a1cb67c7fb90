// Stream-aware cells: which of a row pair's cells are on, chosen so that products come out right under the streams that
// the converter will really send (docs/model.md, section 5).
//
// The word lines of a read carry x_L, the stream of level L for this slot; the count is what it has in common with the
// slot's line. The zero point takes z/256 of the line's ones away again. So the error of a product with weight q is
//     e_L = sum over t of (x_L[t] - z/256) * line[t]  -  q * (L - z) / 256,
// linear in the cells, and its variance over the levels as they occur at the slot's input is a quadratic function of
// the 2 * cols cells of a row pair. Its mean does not count: biases make up for it. All row pairs of a crossbar share
// the function's matrix; targets enter its linear part only. A flip of one cell then costs a row of the matrix, however
// many levels there are.
#pragma once

#include "models/mapping/bls.hpp"
#include "models/mapping/flip_search.hpp"
#include "models/sc/stream_set.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace veilram {

/// How often each level occurs at an input (any unit), and which one stands for 0.
struct LevelShares {
    std::array<double, 256> share{};
    int zero = 0;
};

/// The variance of the errors of one crossbar's products as a function of a row pair's cells, and the search for its
/// minimum. For one thread.
class CellSearch {
public:
    /// `sources` makes the streams of slots i and n+i, for i = 0..n-1; `levels` [2n] are those of each slot's input,
    /// null for a slot that holds no weights. `spread` is what a count squared by which the ones of the two segments
    /// of a column differ is worth: such differences hide those that the vectors make. Throws ModelError when these do
    /// not fit together.
    CellSearch(const GslVectors& vectors, const ArrayGeometry& array, const std::vector<StreamSource>& sources,
               const std::vector<const LevelShares*>& levels, double spread = 0.0);

    /// Improves the cells of one row pair, `even` and `odd` [cols], for these targets (2n, kFree where there is none).
    /// Deterministic.
    void improve(const std::vector<int>& targets, Word* even, Word* odd);

    /// The function's matrix, [2 cols][2 cols], and half its slope where all cells are off, [2 cols].
    const std::vector<float>& matrix() const { return matrix_; }
    std::vector<float> slope(const std::vector<int>& targets) const;

    /// Sum over the used slots of the variance of a product's error, in counts, less what the spread is worth.
    double error(const std::vector<int>& targets, const Word* even, const Word* odd) const;

private:
    struct Slot {
        std::vector<float> slope; ///< [cells] what one count of target takes off the slope
        double constant = 0.0;    ///< variance of (L - z) / 256
    };
    /// The levels that occur, each weighted with the root of how often it does; the mean over all is taken off.
    struct WeightedRows {
        std::vector<float> lines;   ///< [levels][cols] what a word line adds to the count beyond the zero point's share
        std::vector<float> targets; ///< [levels] what one count of weight should come to
    };
    static WeightedRows weighted_rows(const StreamSource& source, const LevelShares& levels, std::size_t cols);
    void add_slot(Slot& slot, const GslVector& vector, int segment, const WeightedRows& rows,
                  const std::vector<float>& gram);
    void add_spread(int segment, float spread);

    std::size_t cols_, cells_;
    std::vector<Slot> slots_;
    std::vector<float> matrix_; ///< [cells][cells]; cells: those of the even row, then those of the odd one
    FlipSearch search_;
};

} // namespace veilram
