#include "tb/cli/workload.hpp"

#include "models/base/parallel.hpp"
#include "models/base/progress.hpp"
#include "models/nn/onnx.hpp"

#include <algorithm>

namespace veilram {
namespace {
/// Large enough to make tables of counts pay, small enough for the memory: the largest value of a batch has 8 Mi
/// floats.
std::size_t batch_for(const Graph& graph) {
    constexpr std::int64_t kLargest = 1 << 23, kMost = 256;
    std::int64_t largest = element_count(graph.in_shape);
    for (const Node& node : graph.nodes) largest = std::max(largest, element_count(node.out_shape));
    return static_cast<std::size_t>(std::clamp<std::int64_t>(kLargest / largest, 1, kMost));
}

void check_channels(const std::string& field, const std::vector<float>& values, const Shape& in_shape,
                    const std::string& network) {
    const auto channels = static_cast<std::size_t>(in_shape.front());
    if (values.empty() || values.size() == channels) return;
    throw UserError(field + ": has " + std::to_string(values.size()) + " channels, but " + network +
                    " takes images of " + to_string(in_shape) + ": give " + std::to_string(channels) + " or none");
}

} // namespace

Dataset load_test(const DataConfig& config, std::optional<std::size_t> images) {
    DataConfig wanted = config;
    if (images && config.source == DataSource::digits) wanted.images = *images;
    Dataset all = load_data(wanted, Split::test, images);
    if (!images) return all;
    if (*images > all.count())
        throw UserError("--images " + std::to_string(*images) + ": the test split of " + name_of(config.source) +
                        " in " + config.path + " has only " + std::to_string(all.count()) + " images");
    return all;
}

Dataset load_calibration(const RunConfig& config) {
    return load_data(config.data, Split::train, static_cast<std::size_t>(config.compile.quant.calibration_images));
}

void check_fit(const Dataset& data, const RunConfig& config, const Shape& in_shape, const std::string& network) {
    if (data.shape != in_shape)
        throw UserError("data.source: " + name_of(config.data.source) + " gives images of " + to_string(data.shape) +
                        ", but " + network + " takes " + to_string(in_shape) +
                        ": choose another data.source or network.path");
    check_channels("network.input.mean", config.compile.input.mean, in_shape, network);
    check_channels("network.input.std", config.compile.input.std, in_shape, network);
}

QuantisedNetwork quantise_network(Graph graph, const Dataset& calibration, const RunConfig& config) {
    QuantisedNetwork network;
    network.activations = graph.activations;
    network.graph = fold_batch_norm(std::move(graph));
    network.calibration.images =
        to_tensor(calibration.pixels.data(), calibration.count(), calibration.shape, config.compile.input);
    if (network.activations.empty()) // else the weights were tuned for those
        network.activations = calibrate(network.graph, network.calibration.images, config.compile.quant);
    return network;
}

QuantisedNetwork network_to_compile(const RunConfig& config) {
    const Dataset calibration = load_calibration(config);
    const auto load = [&](const std::string& path) {
        Graph graph = import_onnx(path);
        check_fit(calibration, config, graph.in_shape, path);
        return quantise_network(std::move(graph), calibration, config);
    };
    if (config.network.tuned.empty()) return load(config.network.path);
    QuantisedNetwork tuned = load(config.network.tuned);
    if (tuned_outputs(config)) tuned.calibration.network = load(config.network.path).graph;
    return tuned;
}

std::vector<QuantWeights> quantised_weights(const QuantisedNetwork& network, WeightScale mode) {
    std::vector<QuantWeights> weights;
    for (const std::size_t node : matrix_nodes(network.graph))
        weights.push_back(quantise_weights(network.graph.nodes[node].op, mode));
    return weights;
}

std::vector<LayerQuant> layer_quants(const QuantisedNetwork& network, const std::vector<QuantWeights>& weights) {
    std::vector<LayerQuant> layers;
    for (const std::size_t node : matrix_nodes(network.graph)) {
        const Op& op = network.graph.nodes[node].op;
        const std::vector<float>& scale = weights[layers.size()].scale;
        const auto* conv = std::get_if<Conv>(&op);
        std::vector<float> bias = conv != nullptr ? conv->bias : std::get<Dense>(op).bias;
        bias.resize(scale.size());
        layers.push_back({network.activations[layers.size()], scale, std::move(bias)});
    }
    return layers;
}

ExactEngine make_exact_engine(const QuantisedNetwork& network, WeightScale mode) {
    std::vector<QuantWeights> weights = quantised_weights(network, mode);
    return {layer_quants(network, weights), std::move(weights)};
}

Tensor infer_all(const Graph& graph, MatrixEngine& engine, const Dataset& data, const InputFormat& input,
                 const std::string& what) {
    const auto classes = static_cast<std::size_t>(element_count(graph.shape_of(graph.nodes.size())));
    Tensor logits({static_cast<std::int64_t>(data.count()), static_cast<std::int64_t>(classes)});
    Progress bar(what, data.count());
    const std::size_t batch_size = batch_for(graph);
    parallel_for((data.count() + batch_size - 1) / batch_size, [&](std::size_t i) {
        const std::size_t first = i * batch_size, count = std::min(batch_size, data.count() - first);
        const Tensor batch = infer(graph, to_tensor(data.image(first), count, data.shape, input), engine, first);
        std::copy(batch.data.begin(), batch.data.end(),
                  logits.data.begin() + static_cast<std::ptrdiff_t>(first * classes));
        bar.step(count);
    });
    return logits;
}

std::vector<int> predict(const Graph& graph, MatrixEngine& engine, const Dataset& data, const InputFormat& input,
                         const std::string& what) {
    return argmax(infer_all(graph, engine, data, input, what));
}

double accuracy(const std::vector<int>& predictions, const Dataset& data) {
    std::size_t right = 0;
    for (std::size_t i = 0; i < predictions.size(); ++i) right += predictions[i] == data.labels[i] ? 1 : 0;
    return predictions.empty() ? 0.0 : static_cast<double>(right) / static_cast<double>(predictions.size());
}

} // namespace veilram
