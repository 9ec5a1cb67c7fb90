// Counts with read noise, drawn one by one: the inner loop of noisy inference, for several instruction sets.
#pragma once

#include "models/base/philox.hpp"

#include <cstddef>
#include <cstdint>

namespace veilram {

/// Outputs share Philox blocks: output o has word o % 4 of the block whose fourth counter word is `block` + o / 4. The
/// tables have a row of noise_row(outputs) entries for each level.
constexpr std::size_t kNoiseLanes = 16; ///< blocks that are drawn side by side, for one position or several
std::size_t noise_row(std::size_t outputs);

/// Adds one input's noisy codes at every position. A count is mean + spread * (digits - 60), where `digits` is the sum
/// of the eight hexadecimal digits of the count's own random word; it is rounded half to even, then limited as by the
/// ADC.
struct NoisyAdds {
    const std::uint8_t* levels; ///< level of position p: levels[origins[p] + offset]
    const std::uint32_t* origins;
    std::size_t positions;
    std::size_t first_position; ///< in the whole batch, of origins[0]
    std::size_t plane;          ///< positions of one image
    std::uint32_t first_image;  ///< number of the batch's first image
    std::uint32_t offset;
    std::uint32_t input; ///< third counter word
    std::uint32_t block; ///< fourth counter word of the first outputs
    PhiloxKey key;
    const float* mean;            ///< [levels][row], in counts
    const float* spread;          ///< [levels][row]: standard deviation over that of `digits`; 0 where nothing conducts
    const std::uint8_t* live;     ///< [levels]: 0 where the whole row of mean and spread is 0
    const std::int32_t* negative; ///< [row]: -1 where the weight is negative, else 0
    std::int32_t limit, mask;     ///< of the ADC
    std::int32_t* sums;           ///< [positions][row]
    std::size_t outputs;
};
void add_noisy_rows(const NoisyAdds& adds);

} // namespace veilram
