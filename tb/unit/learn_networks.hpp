// Networks that learn in seconds, for the tests of what learns.
#pragma once

#include "models/base/diagnostics.hpp"
#include "models/base/random.hpp"
#include "models/learn/train.hpp"
#include "models/nn/graph.hpp"

#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace veilram::test {

inline int draw(Rng& rng, int low, int high) { return boost::random::uniform_int_distribution<int>(low, high)(rng); }

inline std::vector<float> normals(Rng& rng, std::size_t count, double mean = 0, double sigma = 1) {
    boost::random::normal_distribution<double> normal(mean, sigma);
    std::vector<float> values(count);
    for (float& v : values) v = static_cast<float>(normal(rng));
    return values;
}

inline Tensor random_tensor(Rng& rng, const Shape& shape) {
    return {shape, normals(rng, static_cast<std::size_t>(element_count(shape)))};
}

inline Window random_window(Rng& rng, bool pooling) {
    Window w;
    w.kernel_h = draw(rng, 1, 3), w.kernel_w = draw(rng, 1, 3);
    w.stride_h = draw(rng, 1, 2), w.stride_w = draw(rng, 1, 2);
    w.dilation_h = draw(rng, 1, 2), w.dilation_w = draw(rng, 1, 2);
    w.pad_top = draw(rng, 0, w.kernel_h - 1), w.pad_bottom = draw(rng, 0, w.kernel_h - 1);
    w.pad_left = draw(rng, 0, w.kernel_w - 1), w.pad_right = draw(rng, 0, w.kernel_w - 1);
    w.ceil_mode = pooling && draw(rng, 0, 1) == 1;
    return w;
}

/// Nodes one after the other, each reading the one before unless told otherwise.
class Builder {
public:
    Builder(std::uint64_t seed, Shape in_shape) : rng_(make_rng(seed, "graph")) {
        graph_.name = "test";
        graph_.in_shape = std::move(in_shape);
    }

    Builder& add(Op op) {
        std::vector<ValueId> inputs{graph_.nodes.size()};
        if (std::holds_alternative<Add>(op) || std::holds_alternative<Concat>(op))
            inputs.push_back(graph_.nodes.size() - 1);
        graph_.nodes.push_back({"node" + std::to_string(graph_.nodes.size()), std::move(op), inputs, {}});
        infer_shapes(graph_);
        return *this;
    }
    Builder& conv(int groups, int outputs_per_group, const Window& w, bool with_bias = true) {
        Conv op;
        op.window = w;
        op.groups = groups;
        op.weight = random_tensor(rng_, {groups * outputs_per_group, channels() / groups, w.kernel_h, w.kernel_w});
        if (with_bias) op.bias = normals(rng_, static_cast<std::size_t>(op.weight.dim(0)));
        return add(op);
    }
    Builder& norm() {
        const auto count = static_cast<std::size_t>(channels());
        BatchNorm op{normals(rng_, count), normals(rng_, count), normals(rng_, count), normals(rng_, count)};
        for (float& v : op.variance) v = v * v + 0.5F;
        return add(op);
    }
    Builder& dense(int outputs) {
        add(Flatten{});
        return add(Dense{random_tensor(rng_, {outputs, channels()}), normals(rng_, static_cast<std::size_t>(outputs))});
    }
    Builder& pad() { return add(Pad{{0, 1, 0, 2}, {0, 0, 1, 1}, 0.5F}); }
    Builder& slice() {
        const Shape& s = shape();
        return add(Slice{{0, s[0] / 2, 0, 1}, {1, s[0], s[1], s[2]}, {1, 1, 2, 1}});
    }
    const Shape& shape() const { return graph_.shape_of(graph_.nodes.size()); }
    int channels() const { return static_cast<int>(shape()[0]); }
    Rng& rng() { return rng_; }
    Graph done() const { return graph_; }

private:
    Rng rng_;
    Graph graph_;
};

/// Learns the digits in seconds: a strided convolution and one hidden layer.
inline Graph small_network() {
    Window w;
    w.kernel_h = w.kernel_w = 5;
    w.stride_h = w.stride_w = 3;
    return Builder(1, {1, 28, 28}).conv(1, 6, w).add(Relu{}).dense(32).add(Relu{}).dense(10).done();
}

inline TrainConfig quick_training() {
    TrainConfig config;
    config.epochs = 4;
    config.batch = 32;
    config.learning_rate = 3e-3;
    config.validation_share = 0.2;
    config.augment = {5, 1, 0.05, 0.05, false};
    return config;
}

/// Relative to values above one.
inline double largest_difference(const Tensor& a, const Tensor& b) {
    EXPECT_EQ(a.shape, b.shape);
    double largest = 0;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        largest = std::max(largest, std::abs(double(a.data[i]) - b.data[i]) / (1 + std::abs(double(b.data[i]))));
    return largest;
}

inline std::vector<float> all_weights(const Graph& graph) {
    std::vector<float> all;
    for (const std::size_t i : matrix_nodes(graph)) {
        const auto take = [&](const Tensor& weight, const std::vector<float>& bias) {
            all.insert(all.end(), weight.data.begin(), weight.data.end());
            all.insert(all.end(), bias.begin(), bias.end());
        };
        if (const auto* conv = std::get_if<Conv>(&graph.nodes[i].op)) take(conv->weight, conv->bias);
        if (const auto* dense = std::get_if<Dense>(&graph.nodes[i].op)) take(dense->weight, dense->bias);
    }
    return all;
}

template <class Action> std::string error_of(Action action) {
    try {
        action();
    } catch (const UserError& error) {
        return error.what();
    }
    return "no UserError";
}

} // namespace veilram::test
