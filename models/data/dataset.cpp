#include "models/data/dataset.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <limits>

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

Dataset load_data(const DataConfig& config, Split split, std::optional<std::size_t> limit) {
    const std::size_t most = limit.value_or(std::numeric_limits<std::size_t>::max());
    if (config.source == DataSource::digits) return generate_digits(config.seed, split, std::min(config.images, most));
    if (config.path.empty())
        throw UserError("data.path: missing; every source but digits needs the folder that holds its files");
    switch (config.source) {
    case DataSource::mnist:
        return load_mnist(config.path, split).slice(0, most);
    case DataSource::cifar10:
        return load_cifar10(config.path, split).slice(0, most);
    case DataSource::imagenet:
        return load_imagenet(config.path, split == Split::train ? ImagenetPart::train : ImagenetPart::test,
                             config.picture, limit);
    case DataSource::digits:
        break; // above
    }
    throw ModelError("unknown data source");
}

} // namespace veilram
