// The graph's part of the layer program (docs/image_format.md): topology and digital constants, never a weight.
#pragma once

#include "models/image/json_view.hpp"
#include "models/nn/graph.hpp"

namespace veilram {

/// The topology alone: what a thief may know.
Graph without_weights(const Graph& graph);

Json encode_graph(const Graph& graph);
/// Weights keep their shape and have no data. Throws UserError when a node is malformed or reads what does not exist.
Graph decode_graph(const JsonView& json);

} // namespace veilram
