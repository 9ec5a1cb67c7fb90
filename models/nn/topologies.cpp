#include "models/nn/topologies.hpp"

#include "models/base/random.hpp"

#include <boost/random/normal_distribution.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace veilram {
namespace {

/// Appends a node and returns the number of its value.
ValueId append(Graph& graph, const std::string& name, Op op, std::vector<ValueId> inputs) {
    graph.nodes.push_back({name, std::move(op), std::move(inputs), {}});
    return graph.nodes.size();
}
/// The same for a node that reads the one before, or the network's input.
ValueId append(Graph& graph, const std::string& name, Op op) {
    return append(graph, name, std::move(op), {graph.nodes.size()});
}

Window square(int kernel, int stride, int padding) {
    Window window;
    window.kernel_h = window.kernel_w = kernel;
    window.stride_h = window.stride_w = stride;
    window.pad_top = window.pad_left = window.pad_bottom = window.pad_right = padding;
    return window;
}

Conv conv(int outputs, int channels, int kernel, int padding, int stride = 1) {
    Conv op;
    op.window = square(kernel, stride, padding);
    op.weight = Tensor({outputs, channels, kernel, kernel});
    op.bias.resize(static_cast<std::size_t>(outputs));
    return op;
}

Dense dense(int outputs, int inputs) {
    return {Tensor({outputs, inputs}), std::vector<float>(static_cast<std::size_t>(outputs))};
}

MaxPool halve() { return {square(2, 2, 0)}; }

/// Builds residual networks: blocks of convolutions with a shortcut around them.
class ResNet {
public:
    ResNet(std::string name, Shape in_shape) {
        graph_.name = std::move(name);
        graph_.in_shape = std::move(in_shape);
    }

    void stem(int outputs, int kernel, int stride) {
        append(graph_, "conv1", conv(outputs, channels_, kernel, kernel / 2, stride));
        value_ = append(graph_, "relu1", Relu{});
        channels_ = outputs;
    }
    void pool() { value_ = append(graph_, "pool1", MaxPool{square(3, 2, 1)}); }

    /// A stage of `blocks` blocks, the first of which has `stride`. A bottleneck narrows to `width` and widens to 4
    /// width.
    void stage(int blocks, int width, int stride, bool bottleneck) {
        for (int i = 0; i < blocks; ++i) {
            const std::string name = "block" + std::to_string(++block_);
            const int outputs = bottleneck ? 4 * width : width, step = i == 0 ? stride : 1;
            const ValueId from = value_;
            if (bottleneck) {
                append(graph_, name + ".conv1", conv(width, channels_, 1, 0), {from});
                append(graph_, name + ".relu1", Relu{});
                append(graph_, name + ".conv2", conv(width, width, 3, 1, step));
                append(graph_, name + ".relu2", Relu{});
                value_ = append(graph_, name + ".conv3", conv(outputs, width, 1, 0));
            } else {
                append(graph_, name + ".conv1", conv(width, channels_, 3, 1, step), {from});
                append(graph_, name + ".relu1", Relu{});
                value_ = append(graph_, name + ".conv2", conv(width, width, 3, 1));
            }
            const ValueId branch = value_;
            ValueId shortcut = from;
            if (step != 1 || channels_ != outputs)
                shortcut = append(graph_, name + ".shortcut", conv(outputs, channels_, 1, 0, step), {from});
            append(graph_, name + ".add", Add{}, {branch, shortcut});
            value_ = append(graph_, name + ".relu", Relu{});
            channels_ = outputs;
        }
    }

    Graph finish(int classes) {
        append(graph_, "average", GlobalAveragePool{});
        append(graph_, "flatten", Flatten{});
        append(graph_, "dense", dense(classes, channels_));
        infer_shapes(graph_);
        return std::move(graph_);
    }

private:
    Graph graph_;
    int channels_ = 3;
    int block_ = 0;
    ValueId value_ = 0;
};

Graph imagenet_resnet(const std::string& name, const std::vector<int>& blocks, bool bottleneck) {
    ResNet net(name, {3, 224, 224});
    net.stem(64, 7, 2);
    net.pool();
    for (std::size_t i = 0; i < blocks.size(); ++i) net.stage(blocks[i], 64 << i, i == 0 ? 1 : 2, bottleneck);
    return net.finish(1000);
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

Graph vgg8() {
    Graph graph;
    graph.name = "vgg8";
    graph.in_shape = {3, 32, 32};
    int channels = 3, number = 0;
    for (const int width : {128, 256, 512}) {
        for (int i = 0; i < 2; ++i, channels = width) {
            ++number;
            append(graph, "conv" + std::to_string(number), conv(width, channels, 3, 1));
            append(graph, "relu" + std::to_string(number), Relu{});
        }
        append(graph, "pool" + std::to_string(number / 2), halve());
    }
    append(graph, "flatten", Flatten{});
    append(graph, "dense1", dense(1024, 512 * 4 * 4));
    append(graph, "relu7", Relu{});
    append(graph, "dense2", dense(10, 1024));
    infer_shapes(graph);
    return graph;
}

Graph resnet20() {
    ResNet net("resnet20", {3, 32, 32});
    net.stem(16, 3, 1);
    for (int i = 0; i < 3; ++i) net.stage(3, 16 << i, i == 0 ? 1 : 2, false);
    return net.finish(10);
}

Graph resnet18() { return imagenet_resnet("resnet18", {2, 2, 2, 2}, false); }
Graph resnet50() { return imagenet_resnet("resnet50", {3, 4, 6, 3}, true); }

Graph with_batch_norms(const Graph& topology) {
    Graph graph;
    graph.name = topology.name;
    graph.in_shape = topology.in_shape;
    std::vector<ValueId> place{0}; // of each of the topology's values
    for (const Node& node : topology.nodes) {
        Op op = node.op;
        std::vector<ValueId> inputs;
        for (const ValueId id : node.inputs) inputs.push_back(place[id]);
        auto* conv = std::get_if<Conv>(&op);
        if (conv != nullptr) conv->bias.clear();
        const auto channels = conv == nullptr ? 0U : static_cast<std::size_t>(conv->weight.dim(0));
        place.push_back(append(graph, node.name, std::move(op), std::move(inputs)));
        if (channels == 0) continue;
        BatchNorm norm;
        for (auto* values : {&norm.gamma, &norm.beta, &norm.mean, &norm.variance}) values->resize(channels);
        reset(norm);
        place.back() = append(graph, node.name + ".norm", std::move(norm));
    }
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
