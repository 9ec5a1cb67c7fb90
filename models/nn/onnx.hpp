// ONNX files in and out.
#pragma once

#include "models/nn/graph.hpp"

#include <string>

namespace veilram {

/// Parses, checks, infers shapes and folds constants (a real exporter's dynamic Pad or Reshape sub-graphs become plain
/// attributes), for a batch of one. Throws UserError that names the file; for unsupported operators one message that
/// lists all of them with their node names.
Graph import_onnx(const std::string& path);

/// Writes `graph` as an opset-13 model with a dynamic batch dimension; import_onnx reads it back to the same graph.
/// `producer_note` goes into the model's doc string (the command that made it). The file appears only when complete.
void export_onnx(const Graph& graph, const std::string& path, const std::string& producer_note);

} // namespace veilram
