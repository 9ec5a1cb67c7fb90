#include "models/sc/crossbar_read.hpp"

#include "models/base/diagnostics.hpp"
#include "models/sc/kernels.hpp"

#include <string>

namespace veilram {
namespace {

/// The GSL vector as the cells see it: bit c is v[c / segment].
std::vector<Word> cell_mask(const ArrayGeometry& array, const GslVector& vector) {
    const auto cols = static_cast<std::size_t>(array.cols);
    const auto segment = static_cast<std::size_t>(array.segment);
    std::vector<Word> mask(words_for(cols));
    for (std::size_t c = 0; c < cols; ++c) set_bit(mask.data(), c, get_bit(vector.data(), c / segment));
    return mask;
}

void check_shape(const BitMatrix& cells, const ArrayGeometry& array, const GslVector& vector, int pairs) {
    const auto segments = static_cast<std::size_t>(array.segments());
    if (cells.rows() != static_cast<std::size_t>(array.rows) || cells.cols() != static_cast<std::size_t>(array.cols) ||
        vector.size() != words_for(segments) || pairs < 0 || pairs > array.row_pairs())
        throw ModelError("a read of " + std::to_string(pairs) + " row pairs with " + std::to_string(vector.size()) +
                         " GSL words does not fit " + std::to_string(cells.rows()) + "x" +
                         std::to_string(cells.cols()) + " cells");
}

} // namespace

unsigned read_count_literal(const BitMatrix& cells, const ArrayGeometry& array, int pair, const GslVector& vector,
                            const Word* stream) {
    unsigned count = 0;
    for (int j = 0; j < array.segments(); ++j) {
        const int row = get_bit(vector.data(), static_cast<std::size_t>(j)) ? 2 * pair : 2 * pair + 1;
        for (int k = 0; k < array.segment; ++k) {
            const auto t = static_cast<std::size_t>(j * array.segment + k);
            if (get_bit(stream, t) && cells.get(static_cast<std::size_t>(row), t)) ++count;
        }
    }
    return count;
}

BitMatrix logical_lines(const BitMatrix& cells, const ArrayGeometry& array, const GslVector& vector, int pairs) {
    check_shape(cells, array, vector, pairs);
    const std::vector<Word> mask = cell_mask(array, vector);
    BitMatrix lines(static_cast<std::size_t>(pairs), cells.cols());
    for (std::size_t p = 0; p < lines.rows(); ++p) {
        const Word* even = cells.row(2 * p);
        const Word* odd = cells.row(2 * p + 1);
        Word* line = lines.row(p);
        for (std::size_t w = 0; w < mask.size(); ++w) line[w] = (even[w] & mask[w]) | (odd[w] & ~mask[w]);
    }
    return lines;
}

void read_counts(const BitMatrix& lines, const Word* stream, std::uint16_t* counts) {
    if (lines.rows() > 0) count_lines(lines.row(0), lines.rows(), lines.words_per_row(), stream, counts);
}

std::uint16_t adc_code(std::uint16_t count, const AdcConfig& adc) {
    if (adc.bits < 1) throw ModelError("an ADC of " + std::to_string(adc.bits) + " bits has no code");
    if (adc.bits >= 16) return count;
    const unsigned largest = (1U << adc.bits) - 1;
    if (count <= largest) return count;
    return static_cast<std::uint16_t>(adc.overflow == AdcOverflow::saturate ? largest : count & largest);
}

} // namespace veilram
