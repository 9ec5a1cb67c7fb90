// Mean and variance of a layer's channels.
#pragma once

#include "models/nn/tensor.hpp"

#include <vector>

namespace veilram {

/// Of the values of each channel (dim 1) of [N, C, ...].
struct ChannelMoments {
    std::vector<double> mean, variance; ///< the variance with N, from the deviations: a constant has none at all
    double count = 0.0;                 ///< values of one channel
};
/// All channels side by side; the same bits on any number of threads.
ChannelMoments channel_moments(const Tensor& values);

} // namespace veilram
