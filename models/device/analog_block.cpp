#include "models/device/analog_block.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace veilram {
namespace {

void add(const Conductance* line, std::int32_t* sums) {
    for (std::size_t o = 0; o < kMaxWidth; ++o) sums[o] += line[o];
}

} // namespace

AnalogBlock::AnalogBlock(const BitMatrix& cells, const ArrayGeometry& array, const DeviceConfig& device,
                         std::uint32_t crossbar, std::size_t first, std::size_t outputs)
    : segment_(static_cast<std::size_t>(array.segment)), outputs_(outputs), upper_(kStreamBits * kMaxWidth),
      lower_(kStreamBits * kMaxWidth), offsets_(kMaxWidth) {
    if (cells.cols() != kStreamBits || outputs > kMaxWidth || 2 * (first + outputs) > cells.rows())
        throw ModelError("row pairs " + std::to_string(first) + "+" + std::to_string(outputs) + " do not fit " +
                         std::to_string(cells.rows()) + "x" + std::to_string(cells.cols()) + " cells");
    for (std::size_t o = 0; o < outputs; ++o)
        for (std::size_t t = 0; t < kStreamBits; ++t) {
            const std::size_t row = 2 * (first + o);
            upper_[t * kMaxWidth + o] = conductance(device, crossbar, row, t, cells.get(row, t), cells.cols());
            lower_[t * kMaxWidth + o] = conductance(device, crossbar, row + 1, t, cells.get(row + 1, t), cells.cols());
        }
    for (std::size_t o = 0; o < outputs; ++o) offsets_[o] = converter_offset(device, crossbar, first + o);
}

const Conductance* AnalogBlock::connected(const GslVector& vector, std::size_t line) const {
    const auto& half = get_bit(vector.data(), line / segment_) ? upper_ : lower_;
    return half.data() + line * kMaxWidth;
}

void AnalogBlock::sum_slot(const GslVector& vector, const StreamSet& streams, Sums& sums) const {
    sums.resize(kStreamBits * kMaxWidth);
    if (streams.family() == nullptr) {
        streams.levels().for_each([&](std::size_t level) {
            std::array<Word, words_for(kStreamBits)> stream{};
            streams.write(static_cast<unsigned>(level), stream.data());
            std::copy_n(offsets_.begin(), kMaxWidth, sums.begin() + static_cast<std::ptrdiff_t>(level * kMaxWidth));
            for (std::size_t t = 0; t < kStreamBits; ++t)
                if (get_bit(stream.data(), t)) add(connected(vector, t), sums.data() + level * kMaxWidth);
        });
        return;
    }
    const StreamFamily& family = *streams.family();
    Sums running((kStreamBits + 1) * kMaxWidth); // as running_sums() has them, of conductances instead of bits
    for (std::size_t place = 0; place < kStreamBits; ++place) {
        std::int32_t* next = running.data() + (place + 1) * kMaxWidth;
        std::copy_n(next - kMaxWidth, kMaxWidth, next);
        add(connected(vector, family.order[place]), next);
    }
    streams.levels().for_each([&](std::size_t level) {
        const StreamFamily::Runs& runs = family.runs[level];
        const auto at = [&](std::uint16_t place) { return running.data() + place * kMaxWidth; };
        const std::int32_t *last0 = at(runs.last[0]), *first0 = at(runs.first[0]);
        const std::int32_t *last1 = at(runs.last[1]), *first1 = at(runs.first[1]);
        for (std::size_t o = 0; o < kMaxWidth; ++o)
            sums[level * kMaxWidth + o] = offsets_[o] + last0[o] - first0[o] + last1[o] - first1[o];
    });
}

void AnalogBlock::read_slot(const GslVector& vector, const StreamSet& streams, const ByteAdc& adc,
                            const OutputBytes& flip, std::uint8_t* table) const {
    Sums sums;
    sum_slot(vector, streams, sums);
    const std::size_t width = width_for(outputs_);
    streams.levels().for_each([&](std::size_t level) {
        for (std::size_t o = 0; o < width; ++o) {
            const std::int32_t sum = std::max(sums[level * kMaxWidth + o], 0);
            const std::int32_t count = (sum + kNominal / 2) / kNominal;
            const int code = std::min<std::int32_t>(count, adc.limit) & adc.mask;
            table[level * width + o] = static_cast<std::uint8_t>(code ^ flip[o]);
        }
    });
}

} // namespace veilram
