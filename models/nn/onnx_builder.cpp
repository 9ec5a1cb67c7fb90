#include "models/nn/onnx_builder.hpp"

#include "models/base/diagnostics.hpp"
#include "models/nn/onnx_attributes.hpp"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace veilram {
namespace {

using onnx::NodeProto;

int to_int(const NodeProto& node, std::int64_t value) {
    if (value < 0 || value > (1 << 24))
        refuse(node, std::to_string(value) + " is not a sensible size, stride or padding");
    return static_cast<int>(value);
}

bool has_operand(const NodeProto& node, int index) { return index < node.input_size() && !node.input(index).empty(); }

/// Pads of TensorFlow's rule: as many windows as strides fit into the image.
void pad_to_same(int extent, int kernel, int stride, int dilation, bool more_at_start, int& before, int& after) {
    const int windows = (extent + stride - 1) / stride;
    const int total = std::max((windows - 1) * stride + (kernel - 1) * dilation + 1 - extent, 0);
    before = more_at_start ? total - total / 2 : total / 2;
    after = total - before;
}

Tensor transposed(const Tensor& from) {
    const std::int64_t rows = from.dim(0), columns = from.dim(1);
    Tensor to({columns, rows});
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c) to.data[c * rows + r] = from.data[r * columns + c];
    return to;
}

} // namespace

const std::map<std::string, GraphBuilder::Method>& GraphBuilder::methods() {
    static const std::map<std::string, Method> table = {{"Add", &GraphBuilder::add},
                                                        {"AveragePool", &GraphBuilder::average_pool},
                                                        {"BatchNormalization", &GraphBuilder::batch_norm},
                                                        {"Clip", &GraphBuilder::clip},
                                                        {"Concat", &GraphBuilder::concat},
                                                        {"Conv", &GraphBuilder::conv},
                                                        {"Dropout", &GraphBuilder::identity},
                                                        {"Flatten", &GraphBuilder::flatten},
                                                        {"Gemm", &GraphBuilder::gemm},
                                                        {"GlobalAveragePool", &GraphBuilder::global_average_pool},
                                                        {"Identity", &GraphBuilder::identity},
                                                        {"MatMul", &GraphBuilder::mat_mul},
                                                        {"MaxPool", &GraphBuilder::max_pool},
                                                        {"Pad", &GraphBuilder::pad},
                                                        {"ReduceMean", &GraphBuilder::reduce_mean},
                                                        {"Relu", &GraphBuilder::relu},
                                                        {"Reshape", &GraphBuilder::reshape},
                                                        {"Slice", &GraphBuilder::slice},
                                                        {"Squeeze", &GraphBuilder::squeeze}};
    return table;
}

bool GraphBuilder::supports(const std::string& op_type) { return methods().count(op_type) == 1; }

std::string GraphBuilder::supported_operators() {
    std::string list;
    for (const auto& method : methods()) list += (list.empty() ? "" : ", ") + method.first;
    return list;
}

std::string GraphBuilder::unsupported_variant(const NodeProto& node) {
    const std::string& op = node.op_type();
    const std::string mode = string_attribute(node, "mode", "constant");
    if (op == "Pad" && mode != "constant") return "mode=" + mode;
    if (op == "MaxPool" && node.output_size() > 1 && !node.output(1).empty()) return "with indices";
    if (op == "Gemm" && int_attribute(node, "transA", 0) != 0) return "transA=1";
    if (op == "BatchNormalization" && int_attribute(node, "training_mode", 0) != 0) return "training_mode=1";
    return "";
}

GraphBuilder::GraphBuilder(std::string name, const std::string& input, Shape in_shape) {
    graph_.name = std::move(name);
    graph_.in_shape = std::move(in_shape);
    values_[input] = 0;
}

void GraphBuilder::read(const NodeProto& node) {
    const Operands known = operands(node);
    if (node.op_type() == "Shape" && !is_constant(node.input(0))) {
        add_constant(node.output(0), shape_constant(node, batched_shape(node, 0)));
        return;
    }
    bool constant = can_fold(node.op_type());
    for (int i = 0; i < node.input_size(); ++i) constant = constant && (node.input(i).empty() || known[i] != nullptr);
    if (constant)
        add_constant(node.output(0), fold(node, known));
    else
        (this->*methods().at(node.op_type()))(node);
}

Graph GraphBuilder::finish(const std::string& output) {
    const auto found = values_.find(output);
    if (found == values_.end() || found->second == 0)
        throw UserError("output '" + output + "' does not depend on any supported operation on the image");
    graph_.nodes.resize(found->second); // what follows does not matter to the output
    infer_shapes(graph_);
    return std::move(graph_);
}

Operands GraphBuilder::operands(const NodeProto& node) const {
    Operands found;
    for (const std::string& name : node.input()) {
        const auto constant = constants_.find(name);
        found.push_back(constant == constants_.end() ? nullptr : &constant->second);
    }
    return found;
}

ValueId GraphBuilder::value(const NodeProto& node, int index) const {
    if (!has_operand(node, index)) refuse(node, "operand " + std::to_string(index) + " is missing");
    const auto found = values_.find(node.input(index));
    if (found == values_.end())
        refuse(node,
               "operand '" + node.input(index) + "' must depend on the image, and not have become part of a bias");
    return found->second;
}

Shape GraphBuilder::batched_shape(const NodeProto& node, int index) const {
    Shape shape = graph_.shape_of(value(node, index));
    shape.insert(shape.begin(), 1);
    return shape;
}

const Floats& GraphBuilder::floats(const NodeProto& node, std::size_t index) const {
    const auto* data = std::get_if<Floats>(&constant_operand(node, operands(node), index).data);
    if (data == nullptr) refuse(node, "operand " + std::to_string(index) + " must hold floats");
    if (!std::all_of(data->begin(), data->end(), [](float v) { return std::isfinite(v); }))
        refuse(node, "'" + node.input(static_cast<int>(index)) + "' holds a value that is not finite");
    return *data;
}

float GraphBuilder::number(const NodeProto& node, std::size_t index, float absent) const {
    if (!has_operand(node, static_cast<int>(index))) return absent;
    const Floats& values = floats(node, index);
    if (values.size() != 1) refuse(node, "needs one number as operand " + std::to_string(index));
    return values[0];
}

Tensor GraphBuilder::weight(const NodeProto& node, std::size_t index, std::size_t rank) const {
    const Shape& shape = constant_operand(node, operands(node), index).shape;
    if (shape.size() != rank)
        refuse(node, "expects a weight of " + std::to_string(rank) + " dimensions, got " + to_string(shape));
    return Tensor(shape, floats(node, index));
}

Window GraphBuilder::window(const NodeProto& node, const Ints& kernel) const {
    const Shape in = batched_shape(node, 0);
    const Ints strides = ints_attribute(node, "strides", {1, 1}), dilations = ints_attribute(node, "dilations", {1, 1});
    const Ints pads = ints_attribute(node, "pads", {0, 0, 0, 0});
    if (in.size() != 4 || kernel.size() != 2 || strides.size() != 2 || dilations.size() != 2 || pads.size() != 4)
        refuse(node, "only windows over images of [N, C, H, W] are supported, got " + to_string(in));
    Window w;
    w.kernel_h = to_int(node, kernel[0]), w.kernel_w = to_int(node, kernel[1]);
    w.stride_h = to_int(node, strides[0]), w.stride_w = to_int(node, strides[1]);
    w.dilation_h = to_int(node, dilations[0]), w.dilation_w = to_int(node, dilations[1]);
    w.pad_top = to_int(node, pads[0]), w.pad_left = to_int(node, pads[1]);
    w.pad_bottom = to_int(node, pads[2]), w.pad_right = to_int(node, pads[3]);
    w.ceil_mode = int_attribute(node, "ceil_mode", 0) != 0;
    const std::string rule = string_attribute(node, "auto_pad", "NOTSET");
    if (rule == "SAME_UPPER" || rule == "SAME_LOWER") {
        if (w.stride_h < 1 || w.stride_w < 1) refuse(node, "has a stride of 0");
        const bool lower = rule == "SAME_LOWER";
        pad_to_same(to_int(node, in[2]), w.kernel_h, w.stride_h, w.dilation_h, lower, w.pad_top, w.pad_bottom);
        pad_to_same(to_int(node, in[3]), w.kernel_w, w.stride_w, w.dilation_w, lower, w.pad_left, w.pad_right);
    }
    return w;
}

void GraphBuilder::append(const NodeProto& node, Op op, std::vector<ValueId> inputs, const std::string& suffix) {
    Node next{node_name(node) + suffix, std::move(op), std::move(inputs), {}};
    std::vector<Shape> shapes;
    for (const ValueId id : next.inputs) shapes.push_back(graph_.shape_of(id));
    next.out_shape = output_shape(next, shapes);
    graph_.nodes.push_back(std::move(next));
    values_[node.output(0)] = graph_.nodes.size();
}

void GraphBuilder::conv(const NodeProto& node) {
    Conv op;
    op.weight = weight(node, 1, 4);
    op.window = window(node, ints_attribute(node, "kernel_shape", {op.weight.dim(2), op.weight.dim(3)}));
    op.groups = to_int(node, int_attribute(node, "group", 1));
    if (has_operand(node, 2)) op.bias = floats(node, 2);
    append(node, std::move(op), {value(node, 0)});
}

void GraphBuilder::gemm(const NodeProto& node) {
    Dense op;
    op.weight = weight(node, 1, 2);
    if (int_attribute(node, "transB", 0) == 0) op.weight = transposed(op.weight);
    const float alpha = float_attribute(node, "alpha", 1.0F);
    for (float& w : op.weight.data) w *= alpha;
    append(node, std::move(op), {value(node, 0)});
    if (!has_operand(node, 2)) return;
    add_bias(node, 2);
    const float beta = float_attribute(node, "beta", 1.0F);
    for (float& b : std::get<Dense>(graph_.nodes.back().op).bias) b *= beta;
}

void GraphBuilder::mat_mul(const NodeProto& node) {
    Dense op;
    op.weight = transposed(weight(node, 1, 2));
    append(node, std::move(op), {value(node, 0)});
}

void GraphBuilder::add_bias(const NodeProto& node, int bias_operand) {
    Op& op = graph_.nodes.back().op;
    std::vector<float>& bias = std::holds_alternative<Conv>(op) ? std::get<Conv>(op).bias : std::get<Dense>(op).bias;
    Shape expected = graph_.nodes.back().out_shape;
    std::fill(expected.begin() + 1, expected.end(), 1);
    Shape shape = constant_operand(node, operands(node), static_cast<std::size_t>(bias_operand)).shape;
    while (shape.size() > expected.size() && shape.front() == 1) shape.erase(shape.begin());
    const Floats& added = floats(node, static_cast<std::size_t>(bias_operand));
    if (shape != expected && added.size() != 1)
        refuse(node, "expects a bias of " + to_string(expected) + ", got " + to_string(shape));
    bias.resize(static_cast<std::size_t>(expected[0]), 0.0F);
    for (std::size_t o = 0; o < bias.size(); ++o) bias[o] += added[added.size() == 1 ? 0 : o];
}

void GraphBuilder::add(const NodeProto& node) {
    for (int i = 0; i < 2; ++i) {
        if (!is_constant(node.input(i))) continue;
        const ValueId sum = value(node, 1 - i);
        if (sum == 0 || sum != graph_.nodes.size() || !is_matrix(graph_.nodes.back().op))
            refuse(node, "a constant can only be added right after a Conv, Gemm or MatMul, as its bias");
        add_bias(node, i);
        for (auto known = values_.begin(); known != values_.end();) // nobody may read the sum without the bias any more
            known = known->second == sum ? values_.erase(known) : std::next(known);
        values_[node.output(0)] = sum;
        return;
    }
    append(node, Add{}, {value(node, 0), value(node, 1)});
}

void GraphBuilder::batch_norm(const NodeProto& node) {
    BatchNorm op{floats(node, 1), floats(node, 2), floats(node, 3), floats(node, 4),
                 float_attribute(node, "epsilon", 1e-5F)};
    if (std::any_of(op.variance.begin(), op.variance.end(), [&](float v) { return !(v + op.epsilon > 0.0F); }))
        refuse(node, "has a variance that is not positive");
    append(node, std::move(op), {value(node, 0)});
}

void GraphBuilder::max_pool(const NodeProto& node) {
    append(node, MaxPool{window(node, ints_attribute(node, "kernel_shape", {}))}, {value(node, 0)});
}

void GraphBuilder::average_pool(const NodeProto& node) {
    const bool include_pad = int_attribute(node, "count_include_pad", 0) != 0;
    append(node, AveragePool{window(node, ints_attribute(node, "kernel_shape", {})), include_pad}, {value(node, 0)});
}

void GraphBuilder::relu(const NodeProto& node) { append(node, Relu{}, {value(node, 0)}); }
void GraphBuilder::clip(const NodeProto& node) {
    constexpr float kLargest = std::numeric_limits<float>::max(); // the bounds before operator set 11 are attributes
    append(node,
           Clip{number(node, 1, float_attribute(node, "min", -kLargest)),
                number(node, 2, float_attribute(node, "max", kLargest))},
           {value(node, 0)});
}

void GraphBuilder::concat(const NodeProto& node) {
    const std::size_t axis = checked_axis(node, int_attribute(node, "axis", 1), batched_shape(node, 0).size());
    if (axis != 1) refuse(node, "only channels (axis 1) are joined, got axis " + std::to_string(axis));
    std::vector<ValueId> inputs;
    for (int i = 0; i < node.input_size(); ++i) inputs.push_back(value(node, i));
    append(node, Concat{}, std::move(inputs));
}

void GraphBuilder::identity(const NodeProto& node) { values_[node.output(0)] = value(node, 0); }
void GraphBuilder::global_average_pool(const NodeProto& node) { append(node, GlobalAveragePool{}, {value(node, 0)}); }

void GraphBuilder::reduce_mean(const NodeProto& node) {
    Ints axes = ints_of(node, operands(node), "axes", 1).value_or(Ints{});
    for (std::int64_t& axis : axes)
        axis = static_cast<std::int64_t>(checked_axis(node, axis, batched_shape(node, 0).size()));
    std::sort(axes.begin(), axes.end());
    if (axes != Ints{2, 3}) refuse(node, "only the mean over height and width (axes 2 and 3) is supported");
    append(node, GlobalAveragePool{}, {value(node, 0)});
    if (int_attribute(node, "keepdims", 1) == 0) append(node, Flatten{}, {values_.at(node.output(0))}, "/flatten");
}

void GraphBuilder::pad(const NodeProto& node) {
    const std::optional<Ints> pads = ints_of(node, operands(node), "pads", 1);
    const std::size_t rank = batched_shape(node, 0).size();
    if (!pads || pads->size() != 2 * rank) refuse(node, "needs two paddings per dimension");
    Pad op{{pads->begin(), pads->begin() + rank},
           {pads->begin() + rank, pads->end()},
           float_attribute(node, "value", 0.0F)};
    op.value = number(node, 2, op.value);
    append(node, std::move(op), {value(node, 0)});
}

void GraphBuilder::slice(const NodeProto& node) {
    Slice op;
    for (const SliceRange& range : slice_ranges(node, operands(node), batched_shape(node, 0))) {
        op.start.push_back(range.start);
        op.stop.push_back(range.stop);
        op.step.push_back(range.step);
    }
    append(node, std::move(op), {value(node, 0)});
}

void GraphBuilder::flatten(const NodeProto& node) {
    const Shape shape = batched_shape(node, 0);
    const std::size_t axis = checked_axis(node, int_attribute(node, "axis", 1), shape.size() + 1);
    if (axis != 1) refuse(node, "only axis 1 is supported, got " + std::to_string(axis));
    append(node, Flatten{}, {value(node, 0)});
}

void GraphBuilder::reshape(const NodeProto& node) {
    become(node, reshape_target(node, operands(node), batched_shape(node, 0)));
}
void GraphBuilder::squeeze(const NodeProto& node) {
    become(node, squeezed(node, operands(node), batched_shape(node, 0)));
}

void GraphBuilder::become(const NodeProto& node, const Shape& target) {
    const Shape shape = batched_shape(node, 0);
    if (target == shape)
        identity(node);
    else if (target == Shape{1, element_count(shape)})
        append(node, Flatten{}, {value(node, 0)});
    else
        refuse(node, "only flattening is supported, not from " + to_string(shape) + " to " + to_string(target));
}

} // namespace veilram
