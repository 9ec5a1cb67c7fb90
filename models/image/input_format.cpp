#include "models/image/input_format.hpp"

namespace veilram {

Tensor to_tensor(const std::uint8_t* pixels, std::size_t count, const Shape& shape, const InputFormat& format) {
    Shape batch{static_cast<std::int64_t>(count)};
    batch.insert(batch.end(), shape.begin(), shape.end());
    Tensor tensor(batch);
    const auto channels = static_cast<std::size_t>(shape.front());
    const std::size_t area = static_cast<std::size_t>(element_count(shape)) / channels;
    for (std::size_t i = 0; i < tensor.size(); ++i) {
        const std::size_t c = i / area % channels;
        const float mean = format.mean.empty() ? 0.0F : format.mean[c];
        const float std = format.std.empty() ? 1.0F : format.std[c];
        tensor.data[i] = (static_cast<float>(pixels[i]) / 255.0F - mean) / std;
    }
    return tensor;
}

} // namespace veilram
