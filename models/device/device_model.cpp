#include "models/device/device_model.hpp"

#include "models/base/philox.hpp"

#include <algorithm>
#include <cmath>

namespace veilram {
namespace {

constexpr double kTwoTo32 = 4294967296.0;
constexpr std::uint32_t kCellStream = 0x43454c4cU;      ///< keeps a chip's cells apart from its reads
constexpr std::uint32_t kConverterStream = 0x41444353U; ///< and from its converters

PhiloxKey chip_key(const DeviceConfig& device) {
    return {static_cast<std::uint32_t>(device.seed), static_cast<std::uint32_t>(device.seed >> 32U)};
}

bool stuck(double share, std::uint32_t draw) { return share > 0 && draw < share * kTwoTo32; }

} // namespace

const double kDigitSigma = std::sqrt(8 * (16 * 16 - 1) / 12.0);

double normal_of(std::uint32_t bits) {
    std::uint32_t sum = 0;
    for (int digit = 0; digit < 8; ++digit) sum += (bits >> (4 * digit)) & 0xfU;
    return (static_cast<double>(sum) - kDigitMean) / kDigitSigma;
}

Conductance conductance(const DeviceConfig& device, std::uint32_t crossbar, std::size_t row, std::size_t col, bool on,
                        std::size_t cols) {
    const PhiloxBlock draw = philox(
        {crossbar, static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(col), kCellStream}, chip_key(device));
    if (stuck(device.stuck_on, draw[0])) on = true;
    if (stuck(device.stuck_off, ~draw[0])) on = false; // the other end of the range: no cell is both
    const double ideal = on ? 1.0 : device.on_off_ratio > 0 ? 1.0 / device.on_off_ratio : 0.0;
    double real = ideal * (1.0 + device.programming_sigma * normal_of(draw[1]));
    const double exponent = device.drift * (1.0 + device.drift_sigma * normal_of(draw[2]));
    real *= std::pow(device.drift_seconds, -exponent);
    const double distance = 1.0 - static_cast<double>(col) / static_cast<double>(std::max<std::size_t>(cols - 1, 1));
    real *= 1.0 - device.ir_drop * distance;
    return static_cast<Conductance>(std::lround(std::clamp(real, 0.0, 15.0) * kNominal));
}

std::int32_t converter_offset(const DeviceConfig& device, std::uint32_t crossbar, std::size_t pair) {
    const PhiloxBlock draw =
        philox({crossbar, static_cast<std::uint32_t>(pair), 0, kConverterStream}, chip_key(device));
    return static_cast<std::int32_t>(std::lround(device.adc_offset * normal_of(draw[0]) * kNominal));
}

} // namespace veilram
