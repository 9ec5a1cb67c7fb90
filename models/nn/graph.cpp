#include "models/nn/graph.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace veilram {
namespace {

struct NameOf {
    const char* operator()(const Conv&) const { return "conv"; }
    const char* operator()(const Dense&) const { return "dense"; }
    const char* operator()(const BatchNorm&) const { return "batch_norm"; }
    const char* operator()(const Relu&) const { return "relu"; }
    const char* operator()(const Clip&) const { return "clip"; }
    const char* operator()(const MaxPool&) const { return "max_pool"; }
    const char* operator()(const AveragePool&) const { return "average_pool"; }
    const char* operator()(const GlobalAveragePool&) const { return "global_average_pool"; }
    const char* operator()(const Add&) const { return "add"; }
    const char* operator()(const Concat&) const { return "concat"; }
    const char* operator()(const Pad&) const { return "pad"; }
    const char* operator()(const Slice&) const { return "slice"; }
    const char* operator()(const Flatten&) const { return "flatten"; }
};

/// Multiplies output channel o of the weight by factor[o] and appends the shift to the bias, in double until stored.
void scale_outputs(Tensor& weight, std::vector<float>& bias, const BatchNorm& norm) {
    const std::size_t outputs = norm.gamma.size();
    if (weight.shape.empty() || weight.dim(0) != static_cast<std::int64_t>(outputs))
        throw ModelError("batch_norm of " + std::to_string(outputs) + " channels cannot be folded into a weight of " +
                         to_string(weight.shape));
    bias.resize(outputs, 0.0F);
    const std::size_t row = weight.size() / outputs;
    for (std::size_t o = 0; o < outputs; ++o) {
        const double factor = norm.gamma[o] / std::sqrt(static_cast<double>(norm.variance[o]) + norm.epsilon);
        for (std::size_t i = o * row; i < (o + 1) * row; ++i)
            weight.data[i] = static_cast<float>(weight.data[i] * factor);
        bias[o] = static_cast<float>((bias[o] - static_cast<double>(norm.mean[o])) * factor + norm.beta[o]);
    }
}

void fold_into(Op& op, const BatchNorm& norm) {
    if (auto* conv = std::get_if<Conv>(&op)) scale_outputs(conv->weight, conv->bias, norm);
    if (auto* dense = std::get_if<Dense>(&op)) scale_outputs(dense->weight, dense->bias, norm);
}

std::vector<int> count_readers(const Graph& graph) {
    std::vector<int> readers(graph.nodes.size() + 1, 0);
    for (const Node& node : graph.nodes)
        for (const ValueId id : node.inputs) ++readers[id];
    return readers;
}

} // namespace

std::string op_name(const Op& op) { return std::visit(NameOf{}, op); }

std::vector<std::size_t> last_readers(const Graph& graph) {
    std::vector<std::size_t> last(graph.nodes.size() + 1, 0);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        for (const ValueId id : graph.nodes[i].inputs) last[id] = i;
    last.back() = graph.nodes.size();
    return last;
}

bool is_matrix(const Op& op) { return std::holds_alternative<Conv>(op) || std::holds_alternative<Dense>(op); }

const Tensor& matrix_weight(const Op& op) {
    if (const auto* conv = std::get_if<Conv>(&op)) return conv->weight;
    if (const auto* dense = std::get_if<Dense>(&op)) return dense->weight;
    throw ModelError("a " + op_name(op) + " has no weight matrix");
}

Tensor& matrix_weight(Op& op) { return const_cast<Tensor&>(matrix_weight(std::as_const(op))); }

std::vector<std::size_t> matrix_nodes(const Graph& graph) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        if (is_matrix(graph.nodes[i].op)) found.push_back(i);
    return found;
}

bool sees_pixels(const Node& node) {
    return std::find(node.inputs.begin(), node.inputs.end(), ValueId{0}) != node.inputs.end();
}

MatrixShape matrix_shape(const Op& op) {
    if (const auto* conv = std::get_if<Conv>(&op)) {
        const Shape& shape = conv->weight.shape;
        return {conv->groups, static_cast<int>(shape[1] * shape[2] * shape[3]),
                static_cast<int>(shape[0] / conv->groups)};
    }
    if (const auto* dense = std::get_if<Dense>(&op))
        return {1, static_cast<int>(dense->weight.dim(1)), static_cast<int>(dense->weight.dim(0))};
    throw ModelError(op_name(op) + " has no weight matrix");
}

Graph fold_batch_norm(Graph graph) {
    const std::vector<int> readers = count_readers(graph);
    Graph folded{graph.name, graph.in_shape, {}, graph.activations};
    std::vector<ValueId> now(graph.nodes.size() + 1, 0); // where each value of `graph` is found in `folded`
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        Node& node = graph.nodes[i];
        const auto* norm = std::get_if<BatchNorm>(&node.op);
        if (norm != nullptr && readers[node.inputs[0]] == 1) {
            const ValueId source = now[node.inputs[0]];
            if (source != 0 && is_matrix(folded.nodes[source - 1].op)) {
                fold_into(folded.nodes[source - 1].op, *norm);
                now[i + 1] = source;
                continue;
            }
        }
        folded.nodes.push_back(std::move(node));
        for (ValueId& id : folded.nodes.back().inputs) id = now[id];
        now[i + 1] = folded.nodes.size();
    }
    return folded;
}

} // namespace veilram
