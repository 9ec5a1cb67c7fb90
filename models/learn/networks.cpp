#include "models/learn/networks.hpp"

#include "models/base/random.hpp"

#include <boost/random/normal_distribution.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace veilram {
namespace {

void append(Graph& graph, const std::string& name, Op op) {
    const ValueId input = graph.nodes.size(); // the node before, or the network's input
    graph.nodes.push_back({name, std::move(op), {input}, {}});
}

Conv conv(int outputs, int channels, int kernel, int padding) {
    Conv op;
    op.window.kernel_h = op.window.kernel_w = kernel;
    op.window.pad_top = op.window.pad_left = op.window.pad_bottom = op.window.pad_right = padding;
    op.weight = Tensor({outputs, channels, kernel, kernel});
    op.bias.resize(static_cast<std::size_t>(outputs));
    return op;
}

Dense dense(int outputs, int inputs) {
    return {Tensor({outputs, inputs}), std::vector<float>(static_cast<std::size_t>(outputs))};
}

MaxPool halve() {
    MaxPool op;
    op.window.kernel_h = op.window.kernel_w = op.window.stride_h = op.window.stride_w = 2;
    return op;
}

void randomise_weight(Tensor& weight, std::vector<float>& bias, Rng& rng) {
    const double inputs = static_cast<double>(weight.size()) / static_cast<double>(weight.dim(0));
    boost::random::normal_distribution<double> he(0.0, std::sqrt(2.0 / inputs));
    for (float& w : weight.data) w = static_cast<float>(he(rng));
    std::fill(bias.begin(), bias.end(), 0.0F);
}

void reset(BatchNorm& op) {
    std::fill(op.gamma.begin(), op.gamma.end(), 1.0F);
    std::fill(op.beta.begin(), op.beta.end(), 0.0F);
    std::fill(op.mean.begin(), op.mean.end(), 0.0F);
    std::fill(op.variance.begin(), op.variance.end(), 1.0F);
}

} // namespace

Graph lenet5() {
    Graph graph;
    graph.name = "lenet5";
    graph.in_shape = {1, 28, 28};
    append(graph, "conv1", conv(6, 1, 5, 2));
    append(graph, "relu1", Relu{});
    append(graph, "pool1", halve());
    append(graph, "conv2", conv(16, 6, 5, 0));
    append(graph, "relu2", Relu{});
    append(graph, "pool2", halve());
    append(graph, "flatten", Flatten{});
    append(graph, "dense1", dense(120, 400));
    append(graph, "relu3", Relu{});
    append(graph, "dense2", dense(84, 120));
    append(graph, "relu4", Relu{});
    append(graph, "dense3", dense(10, 84));
    infer_shapes(graph);
    return graph;
}

Graph randomise(const Graph& topology, std::uint64_t seed) {
    Graph graph = topology;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        Rng rng = make_rng(seed, "weights/" + std::to_string(i));
        Op& op = graph.nodes[i].op;
        if (auto* c = std::get_if<Conv>(&op)) randomise_weight(c->weight, c->bias, rng);
        if (auto* d = std::get_if<Dense>(&op)) randomise_weight(d->weight, d->bias, rng);
        if (auto* b = std::get_if<BatchNorm>(&op)) reset(*b);
    }
    return graph;
}

} // namespace veilram
