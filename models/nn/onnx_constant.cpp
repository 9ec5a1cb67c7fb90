#include "models/nn/onnx_constant.hpp"

#include "models/base/diagnostics.hpp"
#include "models/nn/onnx_attributes.hpp"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

namespace veilram {
namespace {

using onnx::NodeProto;
using onnx::TensorProto;

constexpr std::int64_t kMaxElements = std::int64_t{1} << 28; ///< 1 GiB of floats; more is a damaged file

/// The raw bytes of a tensor (little endian, as this machine) or else its typed list, converted to `To`.
template <class From, class To, class List>
std::vector<To> values(const TensorProto& tensor, const List& list, std::size_t count) {
    std::vector<From> read;
    if (tensor.has_raw_data()) {
        read.resize(tensor.raw_data().size() / sizeof(From));
        if (!read.empty()) std::memcpy(read.data(), tensor.raw_data().data(), read.size() * sizeof(From));
        if (tensor.raw_data().size() % sizeof(From) != 0) read.clear();
    } else {
        for (const auto value : list) read.push_back(static_cast<From>(value));
    }
    if (read.size() != count)
        throw UserError("tensor '" + tensor.name() + "' has " + std::to_string(read.size()) +
                        " values, its shape needs " + std::to_string(count) + "; the file is damaged");
    if constexpr (std::is_same_v<From, To>)
        return read;
    else
        return std::vector<To>(read.begin(), read.end());
}

} // namespace

std::size_t checked_count(const Shape& shape, const std::string& what) {
    std::int64_t count = 1;
    for (const std::int64_t extent : shape) {
        if (extent < 0 || (extent > 0 && count > kMaxElements / extent))
            throw UserError(what + " has the shape " + to_string(shape) + ", expected at most 2^28 values");
        count *= extent;
    }
    return static_cast<std::size_t>(count);
}

const Constant& constant_operand(const NodeProto& node, const Operands& operands, std::size_t index) {
    if (index >= operands.size() || operands[index] == nullptr)
        refuse(node, "operand " + std::to_string(index) + " is missing");
    return *operands[index];
}

const Ints& int_operand(const NodeProto& node, const Operands& operands, std::size_t index) {
    const auto* data = std::get_if<Ints>(&constant_operand(node, operands, index).data);
    if (data == nullptr) refuse(node, "operand " + std::to_string(index) + " must hold integers");
    return *data;
}

Constant to_constant(const TensorProto& tensor) {
    const std::string what = "tensor '" + tensor.name() + "'";
    if (tensor.data_location() == TensorProto::EXTERNAL)
        throw UserError(what + " lies in another file; save the model with its weights inside");
    const Shape shape(tensor.dims().begin(), tensor.dims().end());
    const std::size_t count = checked_count(shape, what);
    switch (tensor.data_type()) {
    case TensorProto::FLOAT:
        return {shape, values<float, float>(tensor, tensor.float_data(), count)};
    case TensorProto::DOUBLE:
        return {shape, values<double, float>(tensor, tensor.double_data(), count)};
    case TensorProto::INT64:
        return {shape, values<std::int64_t, std::int64_t>(tensor, tensor.int64_data(), count)};
    case TensorProto::INT32:
        return {shape, values<std::int32_t, std::int64_t>(tensor, tensor.int32_data(), count)};
    case TensorProto::BOOL:
        return {shape, values<std::uint8_t, std::int64_t>(tensor, tensor.int32_data(), count)};
    default:
        throw UserError(what + " has the element type " + std::to_string(tensor.data_type()) +
                        "; supported are float, double, int32, int64 and bool: export in single precision");
    }
}

std::optional<Ints> ints_of(const NodeProto& node, const Operands& operands, const std::string& name,
                            std::size_t index) {
    if (find_attribute(node, name) != nullptr) return ints_attribute(node, name, {});
    const int position = static_cast<int>(index);
    if (position >= node.input_size() || node.input(position).empty()) return std::nullopt;
    if (operands[index] == nullptr) refuse(node, "its " + name + " must not depend on the image");
    return int_operand(node, operands, index);
}

std::size_t checked_axis(const NodeProto& node, std::int64_t axis, std::size_t rank) {
    const auto signed_rank = static_cast<std::int64_t>(rank);
    if (axis < -signed_rank || axis >= signed_rank)
        refuse(node, "axis " + std::to_string(axis) + " is not one of " + std::to_string(rank) + " dimensions");
    return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

std::int64_t SliceRange::count() const {
    if (step > 0) return stop > start ? (stop - start - 1) / step + 1 : 0;
    return start > stop ? (start - stop - 1) / -step + 1 : 0;
}

std::vector<SliceRange> slice_ranges(const NodeProto& node, const Operands& operands, const Shape& shape) {
    const std::optional<Ints> starts = ints_of(node, operands, "starts", 1), ends = ints_of(node, operands, "ends", 2);
    if (!starts || !ends || starts->size() != ends->size()) refuse(node, "needs as many starts as ends");
    Ints axes, steps(starts->size(), 1);
    for (std::size_t i = 0; i < starts->size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
    axes = ints_of(node, operands, "axes", 3).value_or(axes);
    steps = ints_of(node, operands, "steps", 4).value_or(steps);
    if (axes.size() != starts->size() || steps.size() != starts->size())
        refuse(node, "needs one axis and step per start");

    std::vector<SliceRange> ranges;
    for (const std::int64_t extent : shape) ranges.push_back({0, extent, 1});
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const std::size_t axis = checked_axis(node, axes[i], shape.size());
        const std::int64_t extent = shape[axis], step = steps[i];
        if (step == 0 || step == std::numeric_limits<std::int64_t>::min())
            refuse(node, "has a step of 0 or out of range");
        const auto clipped = [&](std::int64_t v, std::int64_t low, std::int64_t high) {
            return std::clamp(v < 0 ? v + extent : v, low, std::max(low, high));
        };
        if (step > 0)
            ranges[axis] = {clipped((*starts)[i], 0, extent), clipped((*ends)[i], 0, extent), step};
        else
            ranges[axis] = {clipped((*starts)[i], -1, extent - 1), clipped((*ends)[i], -1, extent - 1), step};
    }
    return ranges;
}

Shape reshape_target(const NodeProto& node, const Operands& operands, const Shape& shape) {
    std::optional<Ints> target = ints_of(node, operands, "shape", 1);
    if (!target) refuse(node, "names no shape");
    const bool copy_zeros = int_attribute(node, "allowzero", 0) == 0;
    std::int64_t known = 1;
    std::int64_t* open = nullptr;
    for (std::size_t d = 0; d < target->size(); ++d) {
        std::int64_t& extent = (*target)[d];
        if (extent == 0 && copy_zeros && d < shape.size()) extent = shape[d];
        if (extent < -1 || (extent == -1 && open != nullptr)) refuse(node, "cannot reshape to " + to_string(*target));
        if (extent == -1) {
            open = &extent;
        } else {
            if (extent > 0 && known > kMaxElements / extent) refuse(node, "reshapes to " + to_string(*target));
            known *= extent;
        }
    }
    const std::int64_t count = element_count(shape);
    if (open != nullptr && known > 0 && count % known == 0) *open = count / known;
    if (element_count(*target) != count)
        refuse(node, "cannot give " + to_string(shape) + " the shape " + to_string(*target) + " for a batch of one");
    return *target;
}

Shape squeezed(const NodeProto& node, const Operands& operands, const Shape& shape) {
    const std::optional<Ints> axes = ints_of(node, operands, "axes", 1);
    std::vector<bool> dropped(shape.size(), false);
    if (!axes)
        for (std::size_t d = 0; d < shape.size(); ++d) dropped[d] = shape[d] == 1;
    else
        for (const std::int64_t axis : *axes) dropped[checked_axis(node, axis, shape.size())] = true;
    Shape result;
    for (std::size_t d = 0; d < shape.size(); ++d) {
        if (dropped[d] && shape[d] != 1)
            refuse(node, "cannot drop dimension " + std::to_string(d) + " of " + to_string(shape));
        if (!dropped[d]) result.push_back(shape[d]);
    }
    return result;
}

} // namespace veilram
