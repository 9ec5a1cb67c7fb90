#include "models/learn/batches.hpp"

#include "models/base/diagnostics.hpp"

#include <boost/random/uniform_int_distribution.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace veilram {

void shuffle(std::vector<std::size_t>& indices, Rng& rng) {
    for (std::size_t left = indices.size(); left > 1; --left)
        std::swap(indices[left - 1], indices[boost::random::uniform_int_distribution<std::size_t>(0, left - 1)(rng)]);
}

Parts split_parts(std::size_t count, double share, std::uint64_t seed) {
    const double held_back = std::round(share * static_cast<double>(count));
    if (!(held_back >= 1) || held_back >= static_cast<double>(count))
        throw UserError("validation share: " + std::to_string(share) + " of " + std::to_string(count) +
                        " images leaves nothing to validate with or nothing to learn from; choose it between 0 and 1");
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), 0);
    Rng rng = make_rng(seed, "validation");
    shuffle(order, rng);
    const auto middle = order.begin() + static_cast<std::ptrdiff_t>(held_back);
    return {{middle, order.end()}, {order.begin(), middle}};
}

Dataset subset(const Dataset& data, const std::vector<std::size_t>& indices) {
    Dataset chosen;
    chosen.shape = data.shape;
    chosen.pixels.reserve(indices.size() * data.image_size());
    for (const std::size_t i : indices) {
        chosen.pixels.insert(chosen.pixels.end(), data.image(i), data.image(i) + data.image_size());
        chosen.labels.push_back(data.labels[i]);
    }
    return chosen;
}

double accuracy(const Graph& graph, MatrixEngine& engine, const Dataset& data, const InputFormat& format,
                std::size_t batch) {
    std::size_t right = 0;
    for (std::size_t first = 0; first < data.count(); first += batch) {
        const std::size_t n = std::min(batch, data.count() - first);
        const std::vector<int> found =
            argmax(infer(graph, to_tensor(data.image(first), n, data.shape, format), engine));
        for (std::size_t i = 0; i < n; ++i) right += found[i] == data.labels[first + i] ? 1 : 0;
    }
    return static_cast<double>(right) / static_cast<double>(std::max<std::size_t>(data.count(), 1));
}

void check_fits(const Graph& graph, const Dataset& data) {
    if (data.shape != graph.in_shape)
        throw UserError("network '" + graph.name + "' expects images of " + to_string(graph.in_shape) +
                        ", the data set has " + to_string(data.shape));
    const std::int64_t classes = element_count(graph.nodes.back().out_shape);
    for (std::size_t i = 0; i < data.count(); ++i)
        if (data.labels[i] < 0 || data.labels[i] >= classes)
            throw UserError("label " + std::to_string(data.labels[i]) + " of image " + std::to_string(i) +
                            " is not one of the " + std::to_string(classes) + " classes of network '" + graph.name +
                            "'");
}

void check_positive(const std::string& field, double value) {
    if (!(value > 0)) throw UserError(field + ": " + std::to_string(value) + " is not above 0");
}

} // namespace veilram
