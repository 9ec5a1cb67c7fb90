// The part of a program that says how numbers become levels and back (docs/image_format.md): input format, scales and
// biases.
#pragma once

#include "models/image/input_format.hpp"
#include "models/image/json_view.hpp"
#include "models/nn/quantise.hpp"

#include <vector>

namespace veilram {

Json encode_input(const InputFormat& input);
/// Throws UserError, as JsonView does, when it does not fit the graph's input.
InputFormat decode_input(const JsonView& json, const Graph& graph);

/// `input_scale`, `input_zero`, `input_step`, `weight_scale` and `bias`.
Json encode_quant(const LayerQuant& quant);
/// Throws UserError, as JsonView does, when they do not fit the layer.
LayerQuant decode_quant(const JsonView& json, const MatrixShape& shape);

/// JSON has no infinity and no NaN: throws UserError naming the place of one.
void check_finite(const Graph& graph, const InputFormat& input, const std::vector<LayerQuant>& layers);

} // namespace veilram
