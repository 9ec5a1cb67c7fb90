// Output-aware cells: chosen so that whole outputs come out right, not each product (docs/model.md, section 5).
//
// What an output is off is the sum of what its products are off, over all its crossbars. Inputs are not independent:
// neighbouring pixels are alike, channels fire together. So errors of different products can be made to take each other
// away. On samples of the inputs as they occur together, the variance of an output's error is again a quadratic
// function of a row pair's cells; the crossbars of an output are fitted one after the other, each making up for what
// the others leave.
#pragma once

#include "models/mapping/cell_search.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

/// How inputs occur together at the slots of one crossbar.
struct SlotSamples {
    std::vector<const std::uint8_t*> levels; ///< by slot, [count] levels of its input; null where it holds no weights
    std::size_t count = 0;
    std::size_t first = 0; ///< where the part that tells how the slots hang together starts, going round
};

/// What one row pair is to hold, and holds.
struct RowPair {
    std::vector<int> targets;   ///< of each slot, kFree where there is none
    std::vector<bool> negative; ///< by slot: its products are taken off the output
    Word* even = nullptr;       ///< cells
    Word* odd = nullptr;
};

/// The error of one crossbar's outputs as a function of a row pair's cells.
class OutputSearch {
public:
    static constexpr std::size_t kWindow = 2048; ///< samples, at most, that tell how a crossbar's slots hang together

    /// Work space of one thread.
    class Scratch {
        friend class OutputSearch;
        std::vector<std::int8_t> sums;  ///< [cells][window] what a cell adds to the output
        std::vector<std::int16_t> rows; ///< the same
        std::vector<std::int32_t> gram; ///< [cells][cells]
        std::vector<float> matrix;      ///< [cells][cells]
    };

    /// Arguments are as for CellSearch, whose objective still has a say, so that chance resemblances among the samples
    /// are not taken for more than they are. Throws ModelError when they do not fit together.
    OutputSearch(const GslVectors& vectors, const ArrayGeometry& array, const std::vector<StreamSource>& sources,
                 const std::vector<const LevelShares*>& levels, const SlotSamples& samples, double spread = 0.0);

    /// To be called where no slot of any row pair is negative: the function's matrix is then made once for all.
    void share_matrix();

    /// Chooses the cells of one row pair. `errors` [count] is what the output is off without this row pair, in 1/256
    /// counts. Deterministic.
    void improve(const RowPair& pair, const std::int32_t* errors, Scratch& scratch) const;

    /// Adds what this row pair's products are off, times `sign` (+-1), to `errors` [count].
    void add_errors(const RowPair& pair, int sign, std::int32_t* errors) const;

private:
    struct Slot {
        std::size_t number = 0;
        int zero = 0;
        const std::uint8_t* levels = nullptr;
        const BitMatrix* streams = nullptr; ///< of all levels
        std::vector<std::size_t> cell;      ///< that the slot connects to each word line
        std::vector<Word> even;             ///< mask of the word lines that it connects in the even row
        std::vector<std::int8_t> drive;     ///< [cols][window]: 1 where the word line is on
    };

    void add_slot(std::size_t number, const LevelShares& shares, const GslVector& vector, int segment);
    std::size_t in_window(std::size_t i) const { return (samples_.first + i) % samples_.count; }
    void fill_matrix(const std::vector<bool>& negative, Scratch& scratch) const;
    /// Half the slope where all cells are off.
    std::vector<float> slope(const RowPair& pair, const std::int32_t* errors) const;
    /// What the row pair should add to the output, less its mean, in counts, [window].
    std::vector<double> wanted(const RowPair& pair) const;

    std::size_t cols_, cells_;
    SlotSamples samples_;
    std::size_t window_;
    CellSearch products_;
    std::vector<BitMatrix> streams_; ///< by source, [levels][cols]
    std::vector<Slot> slots_;        ///< those in use
    std::vector<float> shared_;      ///< matrix of all row pairs; empty: each has its own
};

} // namespace veilram
