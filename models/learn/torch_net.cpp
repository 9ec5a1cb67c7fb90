#include "models/learn/torch_net.hpp"

#include <cmath>
#include <limits>

namespace veilram {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kMomentum = 0.1;                 ///< of the running statistics
const std::vector<std::int64_t> kNoPadding{0, 0}; ///< cover() has done it

torch::Tensor leaf(const std::vector<float>& values, const Shape& shape) {
    return torch::tensor(values).reshape(shape).clone().requires_grad_();
}
torch::Tensor state(const std::vector<float>& values) { return torch::tensor(values); }

std::vector<float> values_of(const torch::Tensor& tensor) {
    const torch::Tensor flat = tensor.detach().contiguous();
    return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

Shape flat_shape(const std::vector<float>& values) { return {static_cast<std::int64_t>(values.size())}; }

/// Pads (or crops) `image` to exactly what the window positions cover, so that no operation needs to know of padding
/// again.
torch::Tensor cover(const Window& w, const torch::Tensor& image, double fill) {
    const auto height = static_cast<int>(image.size(2)), width = static_cast<int>(image.size(3));
    const auto missing = [](int positions, int stride, int kernel, int dilation, int before, int extent) {
        return (positions - 1) * stride + (kernel - 1) * dilation + 1 - before - extent;
    };
    const int bottom = missing(w.out_h(height), w.stride_h, w.kernel_h, w.dilation_h, w.pad_top, height);
    const int right = missing(w.out_w(width), w.stride_w, w.kernel_w, w.dilation_w, w.pad_left, width);
    if (w.pad_left == 0 && w.pad_top == 0 && bottom == 0 && right == 0) return image;
    return torch::constant_pad_nd(image, {w.pad_left, right, w.pad_top, bottom}, fill);
}

/// Sums over the windows of every channel plane on its own. libtorch's pooling knows neither dilation nor uneven
/// padding.
torch::Tensor window_sums(const Window& w, const torch::Tensor& covered) {
    const torch::Tensor planes = covered.reshape({-1, 1, covered.size(2), covered.size(3)});
    const torch::Tensor ones = torch::ones({1, 1, w.kernel_h, w.kernel_w});
    const torch::Tensor sums =
        torch::conv2d(planes, ones, {}, {w.stride_h, w.stride_w}, kNoPadding, {w.dilation_h, w.dilation_w});
    return sums.reshape({covered.size(0), covered.size(1), sums.size(2), sums.size(3)});
}

torch::Tensor average_pool(const AveragePool& op, const torch::Tensor& image) {
    const Window& w = op.window;
    const torch::Tensor covered = cover(w, image, 0);
    torch::Tensor counted = torch::ones({1, 1, image.size(2), image.size(3)});
    if (op.count_include_pad) { // the padding counts, what a ceil-mode window covers beyond it does not
        counted = torch::constant_pad_nd(counted, {w.pad_left, w.pad_right, w.pad_top, w.pad_bottom}, 1);
        counted = torch::constant_pad_nd(
            counted, {0, covered.size(3) - counted.size(3), 0, covered.size(2) - counted.size(2)}, 0);
    } else {
        counted = cover(w, counted, 0);
    }
    return window_sums(w, covered) / window_sums(w, counted).clamp_min(1);
}

torch::Tensor convolve(const Conv& op, const torch::Tensor& image, const torch::Tensor& weight) {
    const Window& w = op.window;
    return torch::conv2d(cover(w, image, 0), weight, {}, {w.stride_h, w.stride_w}, kNoPadding,
                         {w.dilation_h, w.dilation_w}, op.groups);
}

/// Shape that lets a value per channel act on [N, C, H, W] or [N, C].
torch::Tensor per_channel(const torch::Tensor& values, const torch::Tensor& like) {
    return like.dim() == 4 ? values.reshape({1, -1, 1, 1}) : values;
}

torch::Tensor with_bias(const torch::Tensor& product, const torch::Tensor& bias) {
    return bias.defined() ? product + per_channel(bias, product) : product;
}

} // namespace

torch::Tensor to_torch(const Tensor& tensor) {
    return torch::from_blob(const_cast<float*>(tensor.data.data()), tensor.shape, torch::kFloat).clone();
}

Tensor from_torch(const torch::Tensor& tensor) { return {tensor.sizes().vec(), values_of(tensor)}; }

torch::Tensor to_torch(const std::vector<int>& labels) {
    return torch::tensor(std::vector<std::int64_t>(labels.begin(), labels.end()));
}

void set_learning_rate(torch::optim::Optimizer& optimiser, double start, double done) {
    for (auto& group : optimiser.param_groups()) group.options().set_lr(start * 0.5 * (1 + std::cos(kPi * done)));
}

/// One rule per operation.
class TorchNet::Interpreter {
public:
    Interpreter(Values& values, const std::vector<torch::Tensor>& in, Mode mode)
        : values_(values), in_(in), mode_(mode) {}

    torch::Tensor operator()(const Conv& op) const {
        return with_bias(convolve(op, in_[0], values_.weight), values_.bias);
    }
    torch::Tensor operator()(const Dense&) const { return with_bias(in_[0].matmul(values_.weight.t()), values_.bias); }
    torch::Tensor operator()(const BatchNorm& op) const {
        return torch::batch_norm(in_[0], values_.weight, values_.bias, values_.mean, values_.variance,
                                 mode_ == Mode::train, kMomentum, op.epsilon, false);
    }
    torch::Tensor operator()(const Relu&) const { return torch::relu(in_[0]); }
    torch::Tensor operator()(const Clip& op) const { return in_[0].clamp(op.low, op.high); }
    torch::Tensor operator()(const MaxPool& op) const {
        const Window& w = op.window;
        return torch::max_pool2d(cover(w, in_[0], -std::numeric_limits<double>::infinity()), {w.kernel_h, w.kernel_w},
                                 {w.stride_h, w.stride_w}, kNoPadding, {w.dilation_h, w.dilation_w});
    }
    torch::Tensor operator()(const AveragePool& op) const { return average_pool(op, in_[0]); }
    torch::Tensor operator()(const GlobalAveragePool&) const { return in_[0].mean({2, 3}, true); }
    torch::Tensor operator()(const Add&) const { return in_[0] + in_[1]; }
    torch::Tensor operator()(const Concat&) const { return torch::cat(in_, 1); }
    torch::Tensor operator()(const Pad& op) const {
        std::vector<std::int64_t> amounts; // libtorch starts at the last dimension
        for (std::size_t d = op.before.size(); d-- > 0;) amounts.insert(amounts.end(), {op.before[d], op.after[d]});
        return torch::constant_pad_nd(in_[0], amounts, op.value);
    }
    torch::Tensor operator()(const Slice& op) const {
        torch::Tensor out = in_[0];
        for (std::size_t d = 1; d < op.start.size(); ++d)
            out = out.slice(static_cast<std::int64_t>(d), op.start[d], op.stop[d], op.step[d]);
        return out;
    }
    torch::Tensor operator()(const Flatten&) const { return in_[0].flatten(1); }

private:
    Values& values_;
    const std::vector<torch::Tensor>& in_;
    Mode mode_;
};

TorchNet::TorchNet(Graph graph)
    : graph_(std::move(graph)), values_(graph_.nodes.size()), matrices_(matrix_nodes(graph_)) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
        const auto set_matrix = [&](const Tensor& weight, const std::vector<float>& bias) {
            values_[i].weight = leaf(weight.data, weight.shape);
            if (!bias.empty()) values_[i].bias = leaf(bias, flat_shape(bias));
        };
        const Op& op = graph_.nodes[i].op;
        if (const auto* conv = std::get_if<Conv>(&op)) set_matrix(conv->weight, conv->bias);
        if (const auto* dense = std::get_if<Dense>(&op)) set_matrix(dense->weight, dense->bias);
        if (const auto* norm = std::get_if<BatchNorm>(&op))
            values_[i] = {leaf(norm->gamma, flat_shape(norm->gamma)), leaf(norm->beta, flat_shape(norm->beta)),
                          state(norm->mean), state(norm->variance)};
    }
}

torch::Tensor TorchNet::forward(const torch::Tensor& images, Mode mode) { return forward(images, mode, nullptr); }

torch::Tensor TorchNet::forward(const torch::Tensor& images, Mode mode, const MatrixForward& matrix) {
    std::vector<torch::Tensor> values{images};
    std::size_t layer = 0;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
        const Node& node = graph_.nodes[i];
        std::vector<torch::Tensor> inputs;
        for (const ValueId id : node.inputs) inputs.push_back(values[id]);
        if (matrix && is_matrix(node.op))
            values.push_back(matrix(layer++, inputs[0]));
        else
            values.push_back(std::visit(Interpreter(values_[i], inputs, mode), node.op));
    }
    return values.back();
}

torch::Tensor TorchNet::multiply(std::size_t layer, const torch::Tensor& input, const torch::Tensor& weight) const {
    const auto* conv = std::get_if<Conv>(&matrix_node(layer).op);
    return conv != nullptr ? convolve(*conv, input, weight) : input.matmul(weight.t());
}

std::vector<torch::Tensor> TorchNet::parameters() const {
    std::vector<torch::Tensor> learned;
    for (const Values& v : values_) {
        if (v.weight.defined()) learned.push_back(v.weight);
        if (v.bias.defined()) learned.push_back(v.bias);
    }
    return learned;
}

Graph TorchNet::graph() const {
    Graph graph = graph_;
    for (std::size_t i = 0; i < values_.size(); ++i) {
        const Values& v = values_[i];
        const auto get_matrix = [&](Tensor& weight, std::vector<float>& bias) {
            weight.data = values_of(v.weight);
            if (v.bias.defined()) bias = values_of(v.bias);
        };
        Op& op = graph.nodes[i].op;
        if (auto* conv = std::get_if<Conv>(&op)) get_matrix(conv->weight, conv->bias);
        if (auto* dense = std::get_if<Dense>(&op)) get_matrix(dense->weight, dense->bias);
        if (auto* norm = std::get_if<BatchNorm>(&op)) {
            norm->gamma = values_of(v.weight), norm->beta = values_of(v.bias);
            norm->mean = values_of(v.mean), norm->variance = values_of(v.variance);
        }
    }
    return graph;
}

void TorchNet::set(const Graph& graph) {
    const torch::NoGradGuard no_grad;
    const auto fill = [](torch::Tensor& value, const std::vector<float>& from) {
        if (value.defined()) value.copy_(torch::tensor(from).reshape(value.sizes()));
    };
    for (std::size_t i = 0; i < values_.size(); ++i) {
        Values& v = values_[i];
        const Op& op = graph.nodes.at(i).op;
        if (const auto* conv = std::get_if<Conv>(&op)) fill(v.weight, conv->weight.data), fill(v.bias, conv->bias);
        if (const auto* dense = std::get_if<Dense>(&op)) fill(v.weight, dense->weight.data), fill(v.bias, dense->bias);
        if (const auto* norm = std::get_if<BatchNorm>(&op)) {
            fill(v.weight, norm->gamma), fill(v.bias, norm->beta);
            fill(v.mean, norm->mean), fill(v.variance, norm->variance);
        }
    }
}

} // namespace veilram
