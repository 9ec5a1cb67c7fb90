// How the loss hangs on each weight.
#pragma once

#include "models/data/dataset.hpp"
#include "models/image/program.hpp"
#include "models/nn/graph.hpp"

#include <vector>

namespace veilram {

struct WeightGradients {
    std::vector<Tensor> gradients; ///< by matrix node, in the shape of its weights
    double loss = 0.0;             ///< cross-entropy against the labels, summed over the images
};

/// Of the loss at the weights of `graph`, batch norms as in inference. The images' order does not matter but for
/// rounding. Throws UserError when the images do not fit the network.
WeightGradients weight_gradients(const Graph& graph, const Dataset& images, const InputFormat& format);

} // namespace veilram
