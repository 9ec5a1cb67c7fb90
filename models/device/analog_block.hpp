// Reads of cells that are not ideal.
#pragma once

#include "models/device/device_model.hpp"
#include "models/sc/slot_codes.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

/// Row pairs first..first+outputs-1 of one crossbar as a real chip has them: what CellBlock is for ideal cells. Holds
/// two bytes a cell.
class AnalogBlock {
public:
    /// Sums of conductances, [levels][kMaxWidth], in 1/kNominal counts.
    using Sums = std::vector<std::int32_t>;

    /// `crossbar` is the crossbar's number in the chip. Throws ModelError when the pairs do not fit the cells.
    AnalogBlock(const BitMatrix& cells, const ArrayGeometry& array, const DeviceConfig& device, std::uint32_t crossbar,
                std::size_t first, std::size_t outputs);

    /// What each line's converter gets on average for the levels of `streams`: the sum of the conductances of the
    /// connected cells under driven word lines, and its offset. Rows of other levels stay as they are.
    void sum_slot(const GslVector& vector, const StreamSet& streams, Sums& sums) const;

    /// As CellBlock::read_slot(), from sums rounded to whole counts (halves up); below zero is zero.
    void read_slot(const GslVector& vector, const StreamSet& streams, const ByteAdc& adc, const OutputBytes& flip,
                   std::uint8_t* table) const;

    std::size_t outputs() const { return outputs_; }

private:
    const Conductance* connected(const GslVector& vector, std::size_t line) const;

    const std::size_t segment_, outputs_;
    std::vector<Conductance> upper_, lower_; ///< [word lines][kMaxWidth]
    Sums offsets_;                           ///< of the converters, [kMaxWidth]
};

} // namespace veilram
