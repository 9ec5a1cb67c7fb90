#include "models/nn/moments.hpp"

#include "models/base/parallel.hpp"

namespace veilram {

ChannelMoments channel_moments(const Tensor& values) {
    const auto images = static_cast<std::size_t>(values.dim(0)), channels = static_cast<std::size_t>(values.dim(1));
    const std::size_t plane = values.size() / (images * channels);
    ChannelMoments moments{std::vector<double>(channels), std::vector<double>(channels),
                           static_cast<double>(images * plane)};
    parallel_for(channels, [&](std::size_t c) {
        const auto for_each = [&](auto add) {
            for (std::size_t image = 0; image < images; ++image) {
                const float* from = values.data.data() + (image * channels + c) * plane;
                for (std::size_t i = 0; i < plane; ++i) add(static_cast<double>(from[i]));
            }
        };
        const double first = values.data[c * plane]; // sums of differences: a constant's are 0
        double sum = 0.0, squares = 0.0;
        for_each([&](double v) { sum += v - first; });
        const double mean = first + sum / moments.count;
        for_each([&](double v) { squares += (v - mean) * (v - mean); });
        moments.mean[c] = mean;
        moments.variance[c] = squares / moments.count;
    });
    return moments;
}

} // namespace veilram
