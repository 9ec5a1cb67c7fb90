// Sums of counts with read noise.
#pragma once

#include "models/device/analog_block.hpp"
#include "models/device/noise_kernel.hpp"
#include "models/sc/row_adder.hpp"

#include <cstddef>
#include <cstdint>

namespace veilram {

/// Which counts these are: every count of an inference has a random number of its own, whatever the batch or the
/// thread.
struct NoisePlace {
    std::uint32_t first_image = 0; ///< number of the batch's first image
    std::size_t plane = 1;         ///< positions of one image
    std::uint32_t layer = 0;
    std::uint32_t first_output = 0; ///< of the block, in its group; below 2^16
};

/// One block of up to kMaxWidth outputs, as RowAdder, for chips whose cells differ from read to read. A read's noise
/// has the standard deviation read_sigma * sqrt(count): every conducting cell deviates on its own.
class NoisySum {
public:
    NoisySum(const DeviceConfig& device, std::size_t outputs, const AdcConfig& adc);

    /// Both views must stay until finish().
    void begin(const LevelView& levels, const SumView& sums, const NoisePlace& place);
    /// Adds an input of the view, which is number `number` in the layer, read as slot of `cells`.
    void add_input(const SignedInput& input, std::uint32_t number, const AnalogBlock& cells, const GslVector& vector,
                   const StreamSet& streams);
    void finish();

private:
    void make_tables(const LevelSet& levels);

    const DeviceConfig device_;
    const std::size_t outputs_, row_;
    const ByteAdc adc_;
    LevelView levels_;
    SumView sums_;
    NoisePlace place_;
    AnalogBlock::Sums analog_;
    AlignedVector<std::int32_t> row_sums_; ///< [positions][row]
    AlignedVector<float> mean_, spread_;
    std::vector<std::uint8_t> live_;
};

} // namespace veilram
