// What real ReRAM cells do to a count (docs/model.md, section 13).
#pragma once

#include "models/base/bits.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

/// All of it relative to the conductance of an ideal on cell. The default is ideal.
struct DeviceConfig {
    double programming_sigma = 0.0; ///< standard deviation of an on cell's conductance, drawn once for each cell
    double on_off_ratio = 0.0;      ///< conductance of on over that of off cells; 0: off cells conduct nothing
    double stuck_on = 0.0;          ///< share of the cells that are on whatever was programmed
    double stuck_off = 0.0;         ///< share of the cells that are off whatever was programmed
    double read_sigma = 0.0;        ///< standard deviation of a cell's conductance from read to read
    double drift = 0.0;             ///< exponent v: conductances go as (seconds since programming)^-v
    double drift_sigma = 0.0;       ///< standard deviation of v from cell to cell, over v
    double drift_seconds = 1.0;     ///< since programming; 1: nothing has drifted yet
    double ir_drop = 0.0;           ///< share that the cells farthest from the converters lose on the bit line
    double adc_offset = 0.0; ///< counts: standard deviation of a converter's offset, drawn once for each row pair
    double adc_noise = 0.0;  ///< counts: standard deviation of a conversion
    std::uint64_t seed = 1;  ///< of one chip: another seed is another chip

    /// Effects that stay as they are from read to read.
    bool has_static() const {
        return programming_sigma > 0 || on_off_ratio > 0 || stuck_on > 0 || stuck_off > 0 || drift_seconds != 1.0 ||
               ir_drop > 0 || adc_offset > 0;
    }
    /// Effects that differ from read to read.
    bool is_noisy() const { return read_sigma > 0 || adc_noise > 0; }
};

/// Conductances are whole numbers: sums of them are the same in any order. An ideal on cell has kNominal.
constexpr int kNominal = 4096;
using Conductance = std::uint16_t;

/// Conductance of the cell in row `row` and column `col`, of `cols`, of crossbar `crossbar` of the chip, which was
/// programmed to `on`, as its converter sees it. Three numbers of the cell's own Philox block decide: whether it is
/// stuck, how far it is off, how it drifts. Deviations are normal, cut off where the conductance would be negative or
/// more than fifteen times nominal. The IR drop is an approximation that knows no other cells: a cell loses a share
/// that falls linearly from `ir_drop` in column 0, farthest from the converters, to nothing in the last one.
Conductance conductance(const DeviceConfig& device, std::uint32_t crossbar, std::size_t row, std::size_t col, bool on,
                        std::size_t cols = 256);
/// Offset of the converter of row pair `pair`, in 1/kNominal counts.
std::int32_t converter_offset(const DeviceConfig& device, std::uint32_t crossbar, std::size_t pair);

/// Mean and standard deviation of the sum of eight random hexadecimal digits.
constexpr int kDigitMean = 60;
extern const double kDigitSigma;

/// A standard normal number from 32 random bits: the sum of their eight hexadecimal digits, centred and scaled. It has
/// 121 values up to 4.6 away from 0 and a kurtosis of 2.85 (3 for the normal distribution).
double normal_of(std::uint32_t bits);

} // namespace veilram
