// One crossbar read (docs/model.md, section 1): the definition, and a faster way that gives the same bits.
#pragma once

#include "models/sc/geometry.hpp"

#include <cstdint>

namespace veilram {

/// By definition: for each segment j of row pair `pair` the row is chosen by v[j], and each of its cells is ANDed with its word line.
unsigned read_count_literal(const BitMatrix& cells, const ArrayGeometry& array, int pair, const GslVector& vector,
                            const Word* stream);

/// The logical bit lines that `vector` forms: one row of `cols` bits for each of the first `pairs` row pairs.
BitMatrix logical_lines(const BitMatrix& cells, const ArrayGeometry& array, const GslVector& vector, int pairs);

/// counts[p] = popcount(stream AND line p), for every row of `lines`.
void read_counts(const BitMatrix& lines, const Word* stream, std::uint16_t* counts);

enum class AdcOverflow { saturate, truncate };
struct AdcConfig {
    int bits = 8;
    AdcOverflow overflow = AdcOverflow::saturate;

    friend bool operator==(const AdcConfig& a, const AdcConfig& b) { return a.bits == b.bits && a.overflow == b.overflow; }
};
/// What the ADC makes of a count: unchanged when it fits, else the largest code or the low bits.
std::uint16_t adc_code(std::uint16_t count, const AdcConfig& adc);

} // namespace veilram
