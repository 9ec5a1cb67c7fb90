// How the bytes of an image become a network's input.
#pragma once

#include "models/nn/tensor.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

/// Bytes of an input image become floats: (byte / 255 - mean[c]) / std[c].
struct InputFormat {
    std::vector<float> mean; ///< per channel; empty means 0
    std::vector<float> std;  ///< per channel; empty means 1
};
/// `pixels` holds `count` images of shape [C, H, W], a byte per sample.
Tensor to_tensor(const std::uint8_t* pixels, std::size_t count, const Shape& shape, const InputFormat& format);

} // namespace veilram
