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
    std::uint64_t seed = 1;         ///< of one chip: another seed is another chip

    /// Effects that stay as they are from read to read.
    bool has_static() const { return programming_sigma > 0 || on_off_ratio > 0 || stuck_on > 0 || stuck_off > 0; }
};

/// Conductances are whole numbers: sums of them are the same in any order. An ideal on cell has kNominal.
constexpr int kNominal = 4096;
using Conductance = std::uint16_t;

/// Conductance of the cell in row `row` and column `col` of crossbar `crossbar` of the chip, which was programmed to
/// `on`. Two numbers of the cell's own Philox block decide: one whether it is stuck, one how far it is off. The
/// deviation is normal, cut off where the conductance would be negative or more than fifteen times nominal.
Conductance conductance(const DeviceConfig& device, std::uint32_t crossbar, std::size_t row, std::size_t col, bool on);

/// Mean and standard deviation of the sum of eight random hexadecimal digits.
constexpr int kDigitMean = 60;
extern const double kDigitSigma;

/// A standard normal number from 32 random bits: the sum of their eight hexadecimal digits, centred and scaled. It has
/// 121 values up to 4.6 away from 0 and a kurtosis of 2.85 (3 for the normal distribution).
double normal_of(std::uint32_t bits);

} // namespace veilram
