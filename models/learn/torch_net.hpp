// A graph as a differentiable function. For this folder and its tests: the only header that knows libtorch.
#pragma once

#include "models/base/random.hpp"
#include "models/learn/augment.hpp"
#include "models/nn/graph.hpp"

#include <torch/torch.h>

#include <cstddef>
#include <functional>
#include <vector>

namespace veilram {

/// A copy of `tensor` in libtorch's memory, and back. Both are row-major float.
torch::Tensor to_torch(const Tensor& tensor);
Tensor from_torch(const torch::Tensor& tensor);
/// Class numbers as cross-entropy wants them.
torch::Tensor to_torch(const std::vector<int>& labels);

/// `images` [N, C, H, W], each changed in its own way.
torch::Tensor augmented(const torch::Tensor& images, const Augment& augment, Rng& rng);

/// The rate after `done` (0..1) of the steps: falls from `start` to 0 along half a cosine.
void set_learning_rate(torch::optim::Optimizer& optimiser, double start, double done);

/// libtorch on one thread while it lives, so that sums are always formed in the same order.
class SingleThread {
public:
    SingleThread() : before_(torch::get_num_threads()) { torch::set_num_threads(1); }
    ~SingleThread() { torch::set_num_threads(before_); }
    SingleThread(const SingleThread&) = delete;
    SingleThread& operator=(const SingleThread&) = delete;

private:
    int before_;
};

/// Interprets a graph with libtorch's operations; its weights, biases, gammas and betas are leaves of the autograd
/// graph.
class TorchNet {
public:
    /// Uses the batch's own statistics in batch norms and updates the running ones, or uses the running ones.
    enum class Mode { train, eval };
    /// What a matrix layer computes for `input` [N, C, H, W] or [N, K], bias included.
    using MatrixForward = std::function<torch::Tensor(std::size_t layer, const torch::Tensor& input)>;

    explicit TorchNet(Graph graph);

    /// Logits [N, classes] of `images` [N, C, H, W].
    torch::Tensor forward(const torch::Tensor& images, Mode mode);
    /// The same with the matrix layers computed by `matrix`.
    torch::Tensor forward(const torch::Tensor& images, Mode mode, const MatrixForward& matrix);

    /// The linear part of matrix layer `layer` with any weight of its shape: no bias.
    torch::Tensor multiply(std::size_t layer, const torch::Tensor& input, const torch::Tensor& weight) const;
    const torch::Tensor& weight(std::size_t layer) const { return values_[matrices_[layer]].weight; }
    /// Undefined when the node has none.
    const torch::Tensor& bias(std::size_t layer) const { return values_[matrices_[layer]].bias; }
    const Node& matrix_node(std::size_t layer) const { return graph_.nodes[matrices_[layer]]; }
    std::size_t matrix_count() const { return matrices_.size(); }

    /// Everything that is learned.
    std::vector<torch::Tensor> parameters() const;
    /// The graph with the present values.
    Graph graph() const;
    /// Takes the values of a graph of the same topology.
    void set(const Graph& graph);

private:
    /// Of a matrix: weight and bias. Of a batch norm: gamma, beta and the running statistics. Others: undefined.
    struct Values {
        torch::Tensor weight, bias, mean, variance;
    };
    class Interpreter;

    Graph graph_;
    std::vector<Values> values_; ///< per node
    std::vector<std::size_t> matrices_;
};

} // namespace veilram
