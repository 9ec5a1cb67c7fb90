// Constants of an ONNX graph, and what nodes read from constant operands.
#pragma once

#include "models/nn/tensor.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace onnx {
class NodeProto;
class TensorProto;
} // namespace onnx

namespace veilram {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

/// A tensor whose value is known while a model is read; every ONNX integer type becomes int64, every float type float.
struct Constant {
    Shape shape;
    std::variant<Ints, Floats> data;
};
/// Throws UserError naming the tensor when its type is not supported or its data do not fill its shape.
Constant to_constant(const onnx::TensorProto& tensor);

/// A node's operands in order; nullptr for one that is omitted or depends on the image.
using Operands = std::vector<const Constant*>;

/// Number of values of a shape. Throws UserError, starting with `what`, when it is negative or beyond any sane model.
std::size_t checked_count(const Shape& shape, const std::string& what);

/// Operand `index`, which must be constant (and hold integers). Throws UserError naming the node.
const Constant& constant_operand(const onnx::NodeProto& node, const Operands& operands, std::size_t index);
const Ints& int_operand(const onnx::NodeProto& node, const Operands& operands, std::size_t index);

/// An integer list that older operator sets give as attribute `name`, newer ones as operand `index`. Nothing when the
/// node has neither; UserError when it depends on the image.
std::optional<Ints> ints_of(const onnx::NodeProto& node, const Operands& operands, const std::string& name,
                            std::size_t index);

/// start:stop:step of one dimension, clipped to it; a negative step counts down to stop = -1 at least.
struct SliceRange {
    std::int64_t start = 0, stop = 0, step = 1;
    std::int64_t count() const;
};
/// What a Slice node takes of each dimension of `shape`.
std::vector<SliceRange> slice_ranges(const onnx::NodeProto& node, const Operands& operands, const Shape& shape);
/// Resolves the 0 and -1 of a Reshape node's target for data of this shape.
Shape reshape_target(const onnx::NodeProto& node, const Operands& operands, const Shape& shape);
/// A non-negative axis below `rank`.
std::size_t checked_axis(const onnx::NodeProto& node, std::int64_t axis, std::size_t rank);
/// `shape` without the axes of a Squeeze node, or without all its ones when the node names none.
Shape squeezed(const onnx::NodeProto& node, const Operands& operands, const Shape& shape);

} // namespace veilram
