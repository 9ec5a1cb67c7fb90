#include "models/data/dataset.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>

namespace veilram {

Dataset Dataset::slice(std::size_t first, std::size_t n) const {
    const std::size_t begin = std::min(first, count());
    const std::size_t end = begin + std::min(n, count() - begin);
    const auto at = [](std::size_t i) { return static_cast<std::ptrdiff_t>(i); };
    Dataset part;
    part.shape = shape;
    part.pixels.assign(pixels.begin() + at(begin * image_size()), pixels.begin() + at(end * image_size()));
    part.labels.assign(labels.begin() + at(begin), labels.begin() + at(end));
    return part;
}

Dataset load_data(const DataConfig& config, Split split) {
    if (config.source == DataSource::digits) return generate_digits(config.seed, split, config.images);
    if (config.path.empty())
        throw UserError("data.path: missing; the sources mnist and cifar10 need the folder that holds their files, "
                        "or use source digits, which needs none");
    return config.source == DataSource::mnist ? load_mnist(config.path, split) : load_cifar10(config.path, split);
}

} // namespace veilram
