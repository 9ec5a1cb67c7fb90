#include "models/device/noisy_sum.hpp"

#include "models/base/parallel.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace veilram {
namespace {

static_assert(4 * kNoiseLanes == kMaxWidth, "a block of outputs is what the noise kernel takes at once");

constexpr std::size_t kPositionsWorthTask = 1024;
constexpr std::uint32_t kReadStream = 0x52454144U; ///< keeps a chip's reads apart from its cells

} // namespace

NoisySum::NoisySum(const DeviceConfig& device, std::size_t outputs, const AdcConfig& adc)
    : device_(device), outputs_(outputs), row_(noise_row(outputs)), adc_(byte_adc(adc)), mean_(kStreamBits * row_),
      spread_(kStreamBits * row_), live_(kStreamBits) {}

void NoisySum::begin(const LevelView& levels, const SumView& sums, const NoisePlace& place) {
    levels_ = levels;
    sums_ = sums;
    place_ = place;
    row_sums_.assign(levels.positions * row_, 0);
}

void NoisySum::make_tables(const LevelSet& levels) {
    const auto square = [](double x) { return static_cast<float>(x * x / (kDigitSigma * kDigitSigma)); };
    const float of_a_cell = square(device_.read_sigma), of_the_adc = square(device_.adc_noise);
    levels.for_each([&](std::size_t level) {
        const std::int32_t* sums = analog_.data() + level * kMaxWidth;
        float* mean = mean_.data() + level * row_;
        float* spread = spread_.data() + level * row_;
        std::int32_t any = of_the_adc > 0.0F ? 1 : 0;
        for (std::size_t o = 0; o < outputs_; ++o) { // no branch and no double: the compiler makes vectors of it
            any |= sums[o];
            mean[o] = static_cast<float>(sums[o]) / kNominal;
            spread[o] = std::sqrt(of_a_cell * std::max(mean[o], 0.0F) + of_the_adc);
        }
        live_[level] = any != 0 ? 1 : 0;
    });
}

void NoisySum::add_input(const SignedInput& input, std::uint32_t number, const AnalogBlock& cells,
                         const GslVector& vector, const StreamSet& streams) {
    cells.sum_slot(vector, streams, analog_);
    make_tables(streams.levels());
    alignas(kAlignment) std::array<std::int32_t, kMaxWidth> negative{};
    for (std::size_t o = 0; o < outputs_; ++o) negative[o] = input.flip[o] != 0 ? -1 : 0;
    NoisyAdds adds{};
    adds.levels = levels_.levels;
    adds.plane = place_.plane;
    adds.first_image = place_.first_image;
    adds.offset = levels_.offsets[input.input];
    adds.input = number;
    adds.block = (place_.layer << 20U) + place_.first_output;
    adds.key = {static_cast<std::uint32_t>(device_.seed) ^ kReadStream,
                static_cast<std::uint32_t>(device_.seed >> 32U)};
    adds.mean = mean_.data();
    adds.spread = spread_.data();
    adds.live = live_.data();
    adds.negative = negative.data();
    adds.limit = adc_.limit;
    adds.mask = adc_.mask;
    adds.outputs = outputs_;
    parallel_ranges(levels_.positions, kPositionsWorthTask, [&](std::size_t first, std::size_t last) {
        NoisyAdds part = adds;
        part.origins = levels_.origins + first;
        part.positions = last - first;
        part.first_position = first;
        part.sums = row_sums_.data() + first * row_;
        add_noisy_rows(part);
    });
}

void NoisySum::finish() {
    parallel_ranges(levels_.positions, kPositionsWorthTask, [&](std::size_t first, std::size_t last) {
        for (std::size_t p = first; p < last; ++p)
            for (std::size_t o = 0; o < outputs_; ++o) sums_.acc[p * sums_.stride + o] += row_sums_[p * row_ + o];
    });
}

} // namespace veilram
