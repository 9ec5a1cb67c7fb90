// What the ADCs of a crossbar give for the reads of one slot: a table of codes by level and output.
#pragma once

#include "models/sc/aligned.hpp"
#include "models/sc/crossbar_read.hpp"
#include "models/sc/kernels.hpp"
#include "models/sc/stream_set.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace veilram {

/// One byte for each output of a block in every row: codes, or signs as 0 and 255.
using OutputBytes = std::array<std::uint8_t, kMaxWidth>;

/// Bytes [levels][width]: what CellBlock::read_slot() fills.
using CodeTable = AlignedVector<std::uint8_t>;

/// The narrowest width of kWidths that holds `outputs` (1..kMaxWidth).
std::size_t width_for(std::size_t outputs);

/// The ADC's codes of counts 0..255 are bytes whatever its resolution: a count of ideal cells is at most 255.
ByteAdc byte_adc(const AdcConfig& adc);

/// Row pairs first..first+outputs-1 of a crossbar, ready to be read through any slot. Keeps a reference to `cells`.
class CellBlock {
public:
    /// `first` is a multiple of kMaxWidth, `outputs` at most kMaxWidth. Throws ModelError when they do not fit.
    CellBlock(const BitMatrix& cells, const ArrayGeometry& array, std::size_t first, std::size_t outputs);

    /// table[level][o] = code XOR flip[o] for the levels of `streams` and every output, in rows of width_for(outputs())
    /// bytes. With a flip of 255 a byte is 255 - code: that is how negative weights are summed without a sign.
    /// Bit-identical to read_count_literal() and adc_code().
    void read_slot(const GslVector& vector, const StreamSet& streams, const ByteAdc& adc, const OutputBytes& flip,
                   std::uint8_t* table) const;

    std::size_t outputs() const { return outputs_; }

private:
    void turn_cells();
    void read_by_sums(const GslVector& vector, const StreamSet& streams, const ByteAdc& adc, const OutputBytes& flip,
                      std::uint8_t* table) const;
    void read_one_by_one(const GslVector& vector, const StreamSet& streams, const ByteAdc& adc, const OutputBytes& flip,
                         std::uint8_t* table) const;

    const BitMatrix& cells_;
    const ArrayGeometry array_;
    const std::size_t first_, outputs_, width_;
    /// The same cells by word line: upper_[t] has bit o where the cell at word line t of row 2(first+o) is on.
    std::array<Word, kStreamBits> upper_{}, lower_{};
};

} // namespace veilram
