#include "models/sc/slot_codes.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>

namespace veilram {
namespace {

/// Transposes 64 x 64 bits: afterwards bit r of rows[c] is what bit c of rows[r] was.
void transpose(std::array<Word, kWordBits>& rows) {
    Word mask = 0x00000000FFFFFFFFU;
    for (std::size_t half = kWordBits / 2; half > 0; half /= 2, mask ^= mask << half) {
        for (std::size_t r = 0; r < kWordBits; r = (r + half + 1) & ~half) {
            const Word swap = ((rows[r] >> half) ^ rows[r + half]) & mask;
            rows[r] ^= swap << half;
            rows[r + half] ^= swap;
        }
    }
}

/// The GSL vector as the cells see it: bit t is v[t / segment].
std::array<Word, words_for(kStreamBits)> cell_mask(const GslVector& vector, std::size_t segment) {
    std::array<Word, words_for(kStreamBits)> mask{};
    if (segment > kWordBits || kWordBits % segment != 0) {
        for (std::size_t t = 0; t < kStreamBits; ++t) set_bit(mask.data(), t, get_bit(vector.data(), t / segment));
        return mask;
    }
    const Word ones = segment == kWordBits ? ~Word{0} : (Word{1} << segment) - 1;
    for (std::size_t t = 0; t < kStreamBits; t += segment)
        if (get_bit(vector.data(), t / segment)) mask[t / kWordBits] |= ones << (t % kWordBits);
    return mask;
}

} // namespace

std::size_t width_for(std::size_t outputs) {
    const auto* width =
        std::find_if(std::begin(kWidths), std::end(kWidths), [&](std::size_t w) { return w >= outputs; });
    if (outputs == 0 || width == std::end(kWidths))
        throw ModelError("no table row holds " + std::to_string(outputs) + " outputs");
    return *width;
}

ByteAdc byte_adc(const AdcConfig& adc) {
    if (adc.bits < 1) throw ModelError("an ADC of " + std::to_string(adc.bits) + " bits has no code");
    if (adc.bits >= 8) return {};
    const auto largest = static_cast<std::uint8_t>((1U << adc.bits) - 1);
    return adc.overflow == AdcOverflow::saturate ? ByteAdc{largest, 255} : ByteAdc{255, largest};
}

CellBlock::CellBlock(const BitMatrix& cells, const ArrayGeometry& array, std::size_t first, std::size_t outputs)
    : cells_(cells), array_(array), first_(first), outputs_(outputs), width_(width_for(outputs)) {
    if (cells.cols() != kStreamBits || first % kMaxWidth != 0 || 2 * (first + outputs) > cells.rows())
        throw ModelError("row pairs " + std::to_string(first) + "+" + std::to_string(outputs) + " do not fit " +
                         std::to_string(cells.rows()) + "x" + std::to_string(cells.cols()) + " cells");
    turn_cells();
}

void CellBlock::turn_cells() {
    for (std::size_t word = 0; word < words_for(kStreamBits); ++word) {
        std::array<Word, kWordBits> upper{}, lower{};
        for (std::size_t o = 0; o < outputs_; ++o) {
            upper[o] = cells_.row(2 * (first_ + o))[word];
            lower[o] = cells_.row(2 * (first_ + o) + 1)[word];
        }
        transpose(upper);
        transpose(lower);
        std::copy(upper.begin(), upper.end(), upper_.begin() + static_cast<std::ptrdiff_t>(word * kWordBits));
        std::copy(lower.begin(), lower.end(), lower_.begin() + static_cast<std::ptrdiff_t>(word * kWordBits));
    }
}

void CellBlock::read_slot(const GslVector& vector, const StreamSet& streams, const ByteAdc& adc,
                          const OutputBytes& flip, std::uint8_t* table) const {
    if (vector.size() != words_for(static_cast<std::size_t>(array_.segments())))
        throw ModelError("GSL vector of " + std::to_string(vector.size()) + " words for " +
                         std::to_string(array_.segments()) + " segments");
    if (streams.family() != nullptr)
        read_by_sums(vector, streams, adc, flip, table);
    else
        read_one_by_one(vector, streams, adc, flip, table);
}

void CellBlock::read_by_sums(const GslVector& vector, const StreamSet& streams, const ByteAdc& adc,
                             const OutputBytes& flip, std::uint8_t* table) const {
    const StreamFamily& family = *streams.family();
    const auto segment = static_cast<std::size_t>(array_.segment);
    alignas(kAlignment) std::array<std::uint8_t, (kStreamBits + 1) * kMaxWidth / 8> bits;
    alignas(kAlignment) std::array<std::uint8_t, (kStreamBits + 1) * kMaxWidth> sums;
    alignas(kAlignment) const OutputBytes aligned_flip = flip;
    for (std::size_t place = 0; place < kStreamBits; ++place) {
        const std::size_t line = family.order[place];
        const Word connected = get_bit(vector.data(), line / segment) ? upper_[line] : lower_[line];
        std::memcpy(bits.data() + place * (width_ / 8), &connected,
                    sizeof connected); // the next place writes over what is
                                       // too much for a narrow row
    }
    running_sums(bits.data(), width_, sums.data());
    fill_rows(sums.data(), width_, family, streams.levels(), adc, aligned_flip.data(), table);
}

void CellBlock::read_one_by_one(const GslVector& vector, const StreamSet& streams, const ByteAdc& adc,
                                const OutputBytes& flip, std::uint8_t* table) const {
    constexpr std::size_t kWords = words_for(kStreamBits);
    const std::array<Word, kWords> mask = cell_mask(vector, static_cast<std::size_t>(array_.segment));
    std::array<Word, kMaxWidth * kWords> lines;
    for (std::size_t o = 0; o < outputs_; ++o) {
        const Word *upper = cells_.row(2 * (first_ + o)), *lower = cells_.row(2 * (first_ + o) + 1);
        for (std::size_t w = 0; w < kWords; ++w) lines[o * kWords + w] = (upper[w] & mask[w]) | (lower[w] & ~mask[w]);
    }
    std::array<std::uint16_t, kMaxWidth> counts{};
    std::size_t row = 0;
    streams.levels().for_each([&](std::size_t level) {
        count_lines(lines.data(), outputs_, kWords, streams.streams().row(row++), counts.data());
        for (std::size_t o = 0; o < width_; ++o) { // outputs that are not there read as no ones
            const auto count = std::min<unsigned>(counts[o], adc.limit) & adc.mask;
            table[level * width_ + o] = static_cast<std::uint8_t>(count ^ flip[o]);
        }
    });
}

} // namespace veilram
