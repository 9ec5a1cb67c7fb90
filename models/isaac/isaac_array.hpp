// One ISAAC crossbar, bit-true: multi-bit cells, bit-serial inputs, shift and add (docs/isaac.md).
#pragma once

#include "models/isaac/isaac_config.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

/// Signed weights are stored with a bias of half their range, lowest cell first, each output's cells side by side. A
/// column whose cells sum to more than half of what they could is stored inverted, so that no sum needs more than
/// `adc_bits`; a unit column of ones gives the sum of the inputs, which takes bias and inversion off again.
class IsaacArray {
public:
    /// `weights` [inputs][outputs], each in -2^(bits-1)..2^(bits-1)-1. Throws ModelError when they do not fit.
    IsaacArray(const IsaacConfig& config, const std::vector<std::int32_t>& weights, std::size_t inputs,
               std::size_t outputs);

    std::size_t inputs() const { return inputs_; }
    std::size_t outputs() const { return outputs_; }

    /// What the converter says of one column in the cycle of input bit `bit`; column -1 is the unit column. Counts what
    /// the converter cannot hold.
    std::int32_t convert(const std::vector<std::uint32_t>& inputs, int bit, int column) const;
    /// Sum of input times weight for every output. Inputs are in 0..2^bits-1.
    std::vector<std::int64_t> multiply(const std::vector<std::uint32_t>& inputs) const;
    /// What a cell stands for: its level, or in an inverted column what is missing to the highest. Which columns are
    /// inverted does not change: up to 21 cells of a column may later be raised by three levels each without a sum that
    /// the converter cannot hold.
    std::uint8_t digit(std::size_t input, std::size_t column) const;
    void set_digit(std::size_t input, std::size_t column, std::uint8_t digit);
    std::size_t columns() const { return outputs_ * static_cast<std::size_t>(config_.cells_per_weight()); }

    /// Conversions so far whose sum did not fit the converter: none, if the encoding is right.
    std::int64_t overflows() const { return overflows_; }

private:
    std::uint8_t highest() const { return static_cast<std::uint8_t>((1U << config_.cell_bits) - 1); }

    const IsaacConfig config_;
    const std::size_t inputs_, outputs_;
    std::vector<std::uint8_t> cells_;    ///< [inputs][columns], as stored
    std::vector<std::uint8_t> inverted_; ///< by column
    mutable std::int64_t overflows_ = 0;
};

} // namespace veilram
