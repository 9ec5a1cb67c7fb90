// What a job works on: the network, its data, and how well an engine does on them.
#pragma once

#include "models/nn/level_engine.hpp"
#include "tb/cli/run_config.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace veilram {

/// Test images: the first `images` of the test split, all of it when nothing is asked for. Generated digits are as many
/// as are asked for. Throws UserError when there are fewer.
Dataset load_test(const DataConfig& config, std::optional<std::size_t> images);

/// The training images that activation scales are taken from.
Dataset load_calibration(const RunConfig& config);

/// Throws UserError that names both sides when images of this shape, or network.input, do not fit a network that takes
/// `in_shape`.
void check_fit(const Dataset& data, const RunConfig& config, const Shape& in_shape, const std::string& network);

/// A network made ready for the crossbars.
struct QuantisedNetwork {
    Graph graph; ///< batch norm folded
    std::vector<ActivationQuant> activations;
    Calibration calibration; ///< for fitted cells and re-estimated outputs
};
QuantisedNetwork quantise_network(Graph graph, const Dataset& calibration, const RunConfig& config);

/// The one that a configuration puts onto crossbars: network.tuned where there is one.
QuantisedNetwork network_to_compile(const RunConfig& config);

/// Of each matrix node.
std::vector<QuantWeights> quantised_weights(const QuantisedNetwork& network, WeightScale mode);
/// What goes with these weights, or with others in their scales.
std::vector<LayerQuant> layer_quants(const QuantisedNetwork& network, const std::vector<QuantWeights>& weights);
/// The quantised network with exact products.
ExactEngine make_exact_engine(const QuantisedNetwork& network, WeightScale mode);

/// Logits [N, classes] of every image, in batches; `what` labels the progress bar.
Tensor infer_all(const Graph& graph, MatrixEngine& engine, const Dataset& data, const InputFormat& input,
                 const std::string& what);
/// Predicted class of every image.
std::vector<int> predict(const Graph& graph, MatrixEngine& engine, const Dataset& data, const InputFormat& input,
                         const std::string& what);

/// Share of right predictions, 0..1.
double accuracy(const std::vector<int>& predictions, const Dataset& data);

} // namespace veilram
