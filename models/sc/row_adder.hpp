// Adds signed counts of many inputs at many positions: the inner loop of every fidelity.
#pragma once

#include "models/sc/aligned.hpp"
#include "models/sc/slot_codes.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace veilram {

/// Where the levels of a matrix layer's inputs lie: input k at position p has level levels[origins[p] + offsets[k]].
struct LevelView {
    const std::uint8_t* levels = nullptr;
    const std::uint32_t* origins = nullptr;
    std::size_t positions = 0;
    const std::uint32_t* offsets = nullptr;
};

/// Where the sums of one block of outputs go: acc[p * stride + o].
struct SumView {
    std::int32_t* acc = nullptr;
    std::size_t stride = 0;
};

/// An input, and the signs that its table is made with.
struct SignedInput {
    std::size_t input = 0;
    OutputBytes flip{}; ///< 255 for outputs whose weight is negative, else 0
};

/// One block of up to kMaxWidth outputs. Tables of inputs are collected until they fill a core's cache, then their rows
/// are added at all positions at once, on all threads. Order and grouping of the inputs do not change a bit.
class RowAdder {
public:
    /// fill(i, table) makes the table of the i-th input as CellBlock::read_slot() does. A table holds what an earlier
    /// input left.
    using Fill = std::function<void(std::size_t i, std::uint8_t* table)>;

    explicit RowAdder(std::size_t outputs);

    /// Starts a new sum at these positions. Both views must stay until finish().
    void begin(const LevelView& levels, const SumView& sums);
    /// Calls `fill` for each of these inputs, on all threads.
    void add_inputs(const std::vector<SignedInput>& inputs, const Fill& fill);
    /// Adds what is still waiting.
    void finish();

private:
    std::uint8_t* table(std::size_t place) { return tables_.data() + place * table_step(width_); }
    void add_waiting();
    void flush();

    const std::size_t outputs_, width_, capacity_;
    LevelView levels_;
    SumView sums_view_;
    AlignedVector<std::uint8_t> tables_; ///< `capacity` of [levels][width], table_step(width) apart
    AlignedVector<std::uint16_t> sums_;  ///< [positions][width]
    std::vector<std::uint32_t> waiting_; ///< offsets of the inputs whose tables are filled
    std::size_t in_sums_ = 0;            ///< rows that the 16-bit sums hold
    std::vector<std::int32_t> flipped_;  ///< by output: inputs that are summed as 255 - code
};

} // namespace veilram
