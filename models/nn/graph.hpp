// The one description of a network: what the importer yields, what inference runs, what the image carries.
#pragma once

#include "models/nn/tensor.hpp"

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace veilram {

/// Geometry of a sliding window over an image.
struct Window {
    int kernel_h = 1, kernel_w = 1;
    int stride_h = 1, stride_w = 1;
    int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
    int dilation_h = 1, dilation_w = 1;
    bool ceil_mode = false;

    /// Number of window positions; 0 when the window is larger than the padded image. With ceil_mode a last, partial
    /// window counts if it starts inside the image or its leading padding.
    int out_h(int in_h) const;
    int out_w(int in_w) const;
};

/// Weight [M, C/groups, kh, kw] (OIHW); bias [M] or empty.
struct Conv {
    Window window;
    int groups = 1;
    Tensor weight;
    std::vector<float> bias;
};
/// y = W x + b with weight [M, K]; bias [M] or empty.
struct Dense {
    Tensor weight;
    std::vector<float> bias;
};
/// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, per channel.
struct BatchNorm {
    std::vector<float> gamma, beta, mean, variance;
    float epsilon = 1e-5F;
};
struct Relu {};
/// min(max(x, low), high), such as ReLU6.
struct Clip {
    float low = 0.0F, high = 6.0F;
};
struct MaxPool {
    Window window;
};
struct AveragePool {
    Window window;
    bool count_include_pad = false;
};
/// [N, C, H, W] -> [N, C, 1, 1].
struct GlobalAveragePool {};
/// Element-wise sum of two equal shapes.
struct Add {};
/// Operands of equal height and width, one after the other along the channels.
struct Concat {};
/// Constant padding, `before` and `after` per dimension of [N, C, H, W]; the batch entries are 0.
struct Pad {
    std::vector<std::int64_t> before, after;
    float value = 0.0F;
};
/// start:stop:step per dimension of [N, C, H, W], step > 0; stop is already clipped to the dimension. The batch is
/// never cut: its entry is 0:1:1, whatever the batch.
struct Slice {
    std::vector<std::int64_t> start, stop, step;
};
/// [N, ...] -> [N, product of the rest].
struct Flatten {};

using Op = std::variant<Conv, Dense, BatchNorm, Relu, Clip, MaxPool, AveragePool, GlobalAveragePool, Add, Concat, Pad,
                        Slice, Flatten>;

/// Index of a value: 0 is the network's input, i+1 is the output of node i.
using ValueId = std::size_t;

struct Node {
    std::string name;
    Op op;
    std::vector<ValueId> inputs;
    Shape out_shape; ///< per image, without the batch dimension: [C, H, W] or [M]
};

/// Scale and zero point of one matrix layer's input.
struct ActivationQuant {
    float scale = 1.0F; ///< s_x
    int zero = 0;       ///< level that stands for 0.0; a multiple of the step
    int step = 1;       ///< levels are multiples of it
};

/// A directed acyclic graph in execution order; the last node gives the logits.
struct Graph {
    std::string name;
    Shape in_shape; ///< per image: [C, H, W]
    std::vector<Node> nodes;
    /// Input quantisers that the weights were tuned for, one per matrix node; empty when they are still free.
    std::vector<ActivationQuant> activations = {};

    const Shape& shape_of(ValueId id) const { return id == 0 ? in_shape : nodes[id - 1].out_shape; }
};

/// Nodes that multiply by a weight matrix, in execution order: those a crossbar computes.
std::vector<std::size_t> matrix_nodes(const Graph& graph);
bool is_matrix(const Op& op);
/// The weights of a conv or dense node. Throws ModelError for any other.
const Tensor& matrix_weight(const Op& op);
Tensor& matrix_weight(Op& op);
/// By ValueId: position of the last node that reads the value; the number of nodes for the graph's own result. After
/// that node the value is not needed any more.
std::vector<std::size_t> last_readers(const Graph& graph);
/// "conv", "dense", "batch_norm", ...
std::string op_name(const Op& op);

/// Shape of one node's result for operands of these shapes, all per image. Of a weight only the shape is read, its data
/// may be absent (an image's public program has none). Throws UserError naming the node, what it expects and what it
/// got.
Shape output_shape(const Node& node, const std::vector<Shape>& inputs);

/// Checks every node's inputs and computes out_shape. Throws UserError naming the node and both shapes.
void infer_shapes(Graph& graph);

/// Folds every BatchNorm that directly follows a Conv or Dense (and is its only reader) into that node's weights and
/// bias, and makes every other BatchNorm stay as it is. The function computed is unchanged up to float rounding.
Graph fold_batch_norm(Graph graph);

/// K x M matrices of a layer as the crossbars see them (docs/model.md, section 4): one per group.
/// For a conv, input k = (c * kh + y) * kw + x of the group's channels.
struct MatrixShape {
    int groups = 1;
    int inputs = 0;  ///< K of one group
    int outputs = 0; ///< M of one group
};
MatrixShape matrix_shape(const Op& op);
/// Whether a node reads the network's input.
bool sees_pixels(const Node& node);

} // namespace veilram
