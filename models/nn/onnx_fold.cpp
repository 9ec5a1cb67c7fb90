#include "models/nn/onnx_fold.hpp"

#include "models/base/diagnostics.hpp"
#include "models/nn/onnx_attributes.hpp"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>

namespace veilram {
namespace {

using onnx::NodeProto;
using onnx::TensorProto;

std::size_t size_of(const Constant& c) {
    return std::visit([](const auto& data) { return data.size(); }, c.data);
}

/// A constant of another shape whose element `i` is element `source(index of i)` of `from`.
template <class Source> Constant rearrange(const Constant& from, const Shape& shape, Source source) {
    const std::size_t count = checked_count(shape, "a constant");
    Constant result{shape, {}};
    std::visit(
        [&](const auto& data) {
            std::decay_t<decltype(data)> out;
            out.reserve(count);
            Shape index(shape.size(), 0);
            for (std::size_t i = 0; i < count; ++i) {
                out.push_back(data.at(source(index)));
                for (std::size_t d = shape.size(); d-- > 0 && ++index[d] == shape[d];) index[d] = 0;
            }
            result.data = std::move(out);
        },
        from.data);
    return result;
}

/// Position of an index in a row-major tensor.
std::size_t flat(const Shape& shape, const Shape& index) {
    std::int64_t position = 0;
    for (std::size_t d = 0; d < shape.size(); ++d) position = position * shape[d] + index[d];
    return static_cast<std::size_t>(position);
}

Constant reshaped(const NodeProto& node, const Constant& from, Shape shape) {
    if (checked_count(shape, describe(node)) != size_of(from))
        refuse(node, "cannot give " + to_string(from.shape) + " the shape " + to_string(shape));
    return {std::move(shape), from.data};
}

Constant fold_constant(const NodeProto& node, const Operands&) {
    if (const auto* a = find_attribute(node, "value")) return to_constant(a->t());
    if (const auto* a = find_attribute(node, "value_int")) return {{}, Ints{a->i()}};
    if (const auto* a = find_attribute(node, "value_float")) return {{}, Floats{a->f()}};
    if (const auto* a = find_attribute(node, "value_ints"))
        return {{a->ints_size()}, Ints(a->ints().begin(), a->ints().end())};
    if (const auto* a = find_attribute(node, "value_floats"))
        return {{a->floats_size()}, Floats(a->floats().begin(), a->floats().end())};
    refuse(node, "holds neither a tensor nor numbers");
}

Constant fold_constant_of_shape(const NodeProto& node, const Operands& operands) {
    const Shape shape = int_operand(node, operands, 0);
    const auto* value = find_attribute(node, "value");
    const Constant element = value == nullptr ? Constant{{1}, Floats{0.0F}} : to_constant(value->t());
    return rearrange(element, shape, [](const Shape&) { return std::size_t{0}; });
}

Constant fold_identity(const NodeProto& node, const Operands& operands) { return constant_operand(node, operands, 0); }

Constant fold_cast(const NodeProto& node, const Operands& operands) {
    const Constant& from = constant_operand(node, operands, 0);
    const std::int64_t to = int_attribute(node, "to", TensorProto::UNDEFINED);
    const bool to_float = to == TensorProto::FLOAT || to == TensorProto::DOUBLE;
    if (!to_float && to != TensorProto::INT64 && to != TensorProto::INT32)
        refuse(node,
               "casts a constant to type " + std::to_string(to) + "; supported are float, double, int32 and int64");
    return std::visit(
        [&](const auto& data) -> Constant {
            if (to_float) return {from.shape, Floats(data.begin(), data.end())};
            for (const auto v : data)
                if (!(static_cast<double>(v) >= -0x1p63 && static_cast<double>(v) <= 0x1p63))
                    refuse(node, "value overflows");
            return {from.shape, Ints(data.begin(), data.end())};
        },
        from.data);
}

Constant fold_shape(const NodeProto& node, const Operands& operands) {
    return shape_constant(node, constant_operand(node, operands, 0).shape);
}

Constant fold_gather(const NodeProto& node, const Operands& operands) {
    const Constant& from = constant_operand(node, operands, 0);
    const Ints& indices = int_operand(node, operands, 1);
    const Shape& index_shape = operands[1]->shape;
    const std::size_t axis = checked_axis(node, int_attribute(node, "axis", 0), from.shape.size());
    Shape shape(from.shape.begin(), from.shape.begin() + axis);
    shape.insert(shape.end(), index_shape.begin(), index_shape.end());
    shape.insert(shape.end(), from.shape.begin() + axis + 1, from.shape.end());
    return rearrange(from, shape, [&](const Shape& at) {
        const auto inner = at.begin() + axis, outer = inner + index_shape.size();
        std::int64_t picked = indices[flat(index_shape, Shape(inner, outer))];
        if (picked < 0) picked += from.shape[axis];
        if (picked < 0 || picked >= from.shape[axis])
            refuse(node, "index " + std::to_string(picked) + " is out of range");
        Shape source(at.begin(), inner);
        source.push_back(picked);
        source.insert(source.end(), outer, at.end());
        return flat(from.shape, source);
    });
}

Constant fold_slice(const NodeProto& node, const Operands& operands) {
    const Constant& from = constant_operand(node, operands, 0);
    const std::vector<SliceRange> ranges = slice_ranges(node, operands, from.shape);
    Shape shape;
    for (const SliceRange& range : ranges) shape.push_back(range.count());
    return rearrange(from, shape, [&](Shape index) {
        for (std::size_t d = 0; d < index.size(); ++d) index[d] = ranges[d].start + index[d] * ranges[d].step;
        return flat(from.shape, index);
    });
}

Constant fold_transpose(const NodeProto& node, const Operands& operands) {
    const Constant& from = constant_operand(node, operands, 0);
    const std::size_t rank = from.shape.size();
    Ints order = ints_attribute(node, "perm", {});
    if (order.empty())
        for (std::size_t d = rank; d-- > 0;) order.push_back(static_cast<std::int64_t>(d));
    if (order.size() != rank) refuse(node, "needs one entry of perm per dimension of " + to_string(from.shape));
    Shape shape;
    for (const std::int64_t d : order) shape.push_back(from.shape[checked_axis(node, d, rank)]);
    return rearrange(from, shape, [&](const Shape& index) {
        Shape source(rank, 0);
        for (std::size_t d = 0; d < rank; ++d) source[checked_axis(node, order[d], rank)] = index[d];
        return flat(from.shape, source);
    });
}

Constant fold_concat(const NodeProto& node, const Operands& operands) {
    Constant result = constant_operand(node, operands, 0);
    const std::size_t axis = checked_axis(node, int_attribute(node, "axis", 0), result.shape.size());
    const std::int64_t outer = element_count(Shape(result.shape.begin(), result.shape.begin() + axis));
    for (std::size_t i = 1; i < operands.size(); ++i) {
        const Constant& next = constant_operand(node, operands, i);
        Shape expected = result.shape;
        if (next.shape.size() == expected.size()) expected[axis] = next.shape[axis];
        if (next.shape != expected || next.data.index() != result.data.index())
            refuse(node, "joins " + to_string(result.shape) + " and " + to_string(next.shape) + " or different types");
        std::visit(
            [&](auto& data) {
                const auto& more = std::get<std::decay_t<decltype(data)>>(next.data);
                const std::size_t a = outer == 0 ? 0 : data.size() / outer, b = outer == 0 ? 0 : more.size() / outer;
                std::decay_t<decltype(data)> joined;
                for (std::int64_t row = 0; row < outer; ++row) {
                    joined.insert(joined.end(), data.begin() + row * a, data.begin() + (row + 1) * a);
                    joined.insert(joined.end(), more.begin() + row * b, more.begin() + (row + 1) * b);
                }
                data = std::move(joined);
            },
            result.data);
        result.shape[axis] += next.shape[axis];
    }
    return result;
}

Constant fold_reshape(const NodeProto& node, const Operands& operands) {
    const Constant& from = constant_operand(node, operands, 0);
    return reshaped(node, from, reshape_target(node, operands, from.shape));
}

Constant fold_squeeze(const NodeProto& node, const Operands& operands) {
    const Constant& from = constant_operand(node, operands, 0);
    return reshaped(node, from, squeezed(node, operands, from.shape));
}

Constant fold_unsqueeze(const NodeProto& node, const Operands& operands) {
    const Constant& from = constant_operand(node, operands, 0);
    const std::optional<Ints> axes = ints_of(node, operands, "axes", 1);
    if (!axes) refuse(node, "names no axes");
    const std::size_t rank = from.shape.size() + axes->size();
    std::vector<bool> added(rank, false);
    for (const std::int64_t axis : *axes) added[checked_axis(node, axis, rank)] = true;
    if (std::count(added.begin(), added.end(), true) != static_cast<std::ptrdiff_t>(axes->size()))
        refuse(node, "names an axis twice");
    Shape shape;
    auto next = from.shape.begin();
    for (const bool one : added) shape.push_back(one ? 1 : *next++);
    return reshaped(node, from, shape);
}

template <class T> T arithmetic(const NodeProto& node, T a, T b) {
    if (node.op_type() == "Add") return a + b;
    if (node.op_type() == "Sub") return a - b;
    if (node.op_type() == "Mul") return a * b;
    if (b == T{}) refuse(node, "divides by zero");
    return a / b;
}
template <> std::int64_t arithmetic(const NodeProto& node, std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    bool overflow = false;
    if (node.op_type() == "Add") {
        overflow = __builtin_add_overflow(a, b, &result);
    } else if (node.op_type() == "Sub") {
        overflow = __builtin_sub_overflow(a, b, &result);
    } else if (node.op_type() == "Mul") {
        overflow = __builtin_mul_overflow(a, b, &result);
    } else {
        if (b == 0) refuse(node, "divides by zero");
        overflow = b == -1 && a == std::numeric_limits<std::int64_t>::min();
        if (!overflow) result = a / b;
    }
    if (overflow) refuse(node, "overflows 64 bits");
    return result;
}

/// Element by element; an operand of one value meets every value of the other.
Constant fold_arithmetic(const NodeProto& node, const Operands& operands) {
    const Constant &a = constant_operand(node, operands, 0), &b = constant_operand(node, operands, 1);
    const bool spread_a = size_of(a) == 1 && a.shape.size() <= b.shape.size();
    const bool spread_b = !spread_a && size_of(b) == 1 && b.shape.size() <= a.shape.size();
    if ((a.shape != b.shape && !spread_a && !spread_b) || a.data.index() != b.data.index())
        refuse(node,
               "combines constants of " + to_string(a.shape) + " and " + to_string(b.shape) + " or different types");
    Constant result = spread_a ? b : a;
    std::visit(
        [&](auto& out) {
            using Values = std::decay_t<decltype(out)>;
            const Values &x = std::get<Values>(a.data), &y = std::get<Values>(b.data);
            for (std::size_t i = 0; i < out.size(); ++i)
                out[i] = arithmetic(node, x[spread_a ? 0 : i], y[spread_b ? 0 : i]);
        },
        result.data);
    return result;
}

using Rule = std::function<Constant(const NodeProto&, const Operands&)>;

const std::map<std::string, Rule>& rules() {
    static const std::map<std::string, Rule> table = {
        {"Constant", fold_constant}, {"ConstantOfShape", fold_constant_of_shape},
        {"Identity", fold_identity}, {"Cast", fold_cast},
        {"Shape", fold_shape},       {"Gather", fold_gather},
        {"Slice", fold_slice},       {"Transpose", fold_transpose},
        {"Concat", fold_concat},     {"Reshape", fold_reshape},
        {"Squeeze", fold_squeeze},   {"Unsqueeze", fold_unsqueeze},
        {"Add", fold_arithmetic},    {"Sub", fold_arithmetic},
        {"Mul", fold_arithmetic},    {"Div", fold_arithmetic}};
    return table;
}

} // namespace

Constant shape_constant(const NodeProto& node, const Shape& shape) {
    const auto rank = static_cast<std::int64_t>(shape.size());
    const auto clipped = [&](std::int64_t v) { return std::clamp(v < 0 ? v + rank : v, std::int64_t{0}, rank); };
    const std::int64_t start = clipped(int_attribute(node, "start", 0)),
                       end = clipped(int_attribute(node, "end", rank));
    const Ints part(shape.begin() + start, shape.begin() + std::max(start, end));
    return {{static_cast<std::int64_t>(part.size())}, part};
}

bool can_fold(const std::string& op_type) { return rules().count(op_type) == 1; }

Constant fold(const NodeProto& node, const Operands& operands) {
    const auto rule = rules().find(node.op_type());
    if (rule == rules().end()) throw ModelError(describe(node) + " cannot be folded");
    return rule->second(node, operands);
}

} // namespace veilram
