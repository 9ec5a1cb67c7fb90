// Counts with read noise, drawn one by one: the inner loop of noisy inference, for several instruction sets.
#pragma once

#include "models/base/philox.hpp"

#include <cstddef>
#include <cstdint>

namespace veilram {

/// Outputs share Philox blocks: output o of a block of kNoiseBlock uses word o / kNoiseLanes of block o % kNoiseLanes.
constexpr std::size_t kNoiseLanes = 16, kNoiseBlock = 4 * kNoiseLanes;

/// Adds one input's noisy codes at every position. A count is mean + spread * (digits - 60), where `digits` is the sum of the
/// eight hexadecimal digits of the count's own random word; it is rounded half to even, then limited as by the ADC.
struct NoisyAdds {
    const std::uint8_t* levels;   ///< level of position p: levels[origins[p] + offset]
    const std::uint32_t* origins;
    std::size_t positions;
    std::size_t first_position; ///< in the whole batch, of origins[0]
    std::size_t plane;          ///< positions of one image
    std::uint32_t first_image;  ///< number of the batch's first image
    std::uint32_t offset;
    std::uint32_t input;  ///< third counter word
    std::uint32_t block;  ///< fourth counter word of the block's first lane
    PhiloxKey key;
    const float* mean;        ///< [levels][kNoiseBlock], in counts
    const float* spread;      ///< [levels][kNoiseBlock]: standard deviation over that of `digits`; 0 where nothing conducts
    const std::uint8_t* live; ///< [levels]: 0 where the whole row of mean and spread is 0
    const std::int32_t* sign; ///< [kNoiseBlock]: +1 or -1, 0 for outputs that are not there
    std::int32_t limit, mask; ///< of the ADC
    std::int32_t* acc;        ///< [positions][stride]
    std::size_t stride;
    std::size_t outputs;
};
void add_noisy_rows(const NoisyAdds& adds);

} // namespace veilram
