// Passing a batch through a graph, whatever computes its nodes.
#pragma once

#include "models/nn/graph.hpp"

#include <functional>
#include <vector>

namespace veilram {

/// The result of one node for its operands, in `inputs` order.
using NodeFunction = std::function<Tensor(const Node& node, const std::vector<const Tensor*>& inputs)>;

/// Calls compute(node, operands) for every node in order, keeps what later nodes need and returns the last result.
/// Throws UserError when the image shape of `batch` [N, C, H, W] is not the graph's in_shape.
Tensor walk(const Graph& graph, const Tensor& batch, const NodeFunction& compute);

} // namespace veilram
