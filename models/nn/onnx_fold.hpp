// Constant folding: computes the parts of an ONNX graph that do not depend on the image.
#pragma once

#include "models/nn/onnx_constant.hpp"

namespace veilram {

/// The result of a Shape node for an operand of this shape.
Constant shape_constant(const onnx::NodeProto& node, const Shape& shape);

bool can_fold(const std::string& op_type);
/// The result of a node whose operands are all constant. Throws UserError naming the node.
Constant fold(const onnx::NodeProto& node, const Operands& operands);

} // namespace veilram
