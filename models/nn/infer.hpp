// Inference over a graph. The digital operations are the same code in every fidelity (docs/model.md, section 4); what
// differs is who multiplies by the weight matrices.
#pragma once

#include "models/nn/graph.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace veilram {

/// Multiplies a batch by the weights of one matrix node. Several threads may call it at once, each with its batch,
/// unless the engine notes what it sees.
class MatrixEngine {
public:
    virtual ~MatrixEngine() = default;
    /// `layer` counts the matrix nodes from 0; `input` is [N, C, H, W] or [N, K]; the result includes the bias.
    /// `first_image` is the number of the batch's first image: noise is not the same for every image.
    virtual Tensor apply(std::size_t layer, const Node& node, const Tensor& input, std::size_t first_image) = 0;
};

/// IEEE float reference: Eigen GEMM over im2col.
class FloatEngine final : public MatrixEngine {
public:
    Tensor apply(std::size_t layer, const Node& node, const Tensor& input, std::size_t first_image) override;
};

/// A batch on its way through a graph, which stops at every matrix node for somebody to multiply. A value is kept as
/// long as a node still reads it.
class Walk {
public:
    /// Keeps references to both. Throws UserError when the image shape is not the graph's in_shape.
    Walk(const Graph& graph, const Tensor& batch);

    /// Whether the walk stands at a matrix node; if not it has reached the end.
    bool at_matrix() const { return node_ < graph_.nodes.size(); }
    std::size_t node_index() const { return node_; }
    const Node& node() const { return graph_.nodes[node_]; }
    const Tensor& input() const { return value(node().inputs.at(0)); }
    const Tensor& value(ValueId id) const { return id == 0 ? batch_ : values_[id]; }
    /// Gives what the matrix node makes of its input and walks on.
    void supply(Tensor output);
    /// The logits, once the end is reached.
    Tensor take_logits() { return std::move(values_.back()); }

private:
    void run_digital_nodes();
    void keep(Tensor output);

    const Graph& graph_;
    const Tensor& batch_;
    const std::vector<std::size_t> last_reader_;
    std::vector<Tensor> values_; ///< by ValueId; that of the batch stays empty
    std::size_t node_ = 0;
};

/// Runs `batch` [N, C, H, W], which starts with image number `first_image`, through the graph and returns the logits
/// [N, classes]. Throws UserError when the image shape is not the graph's in_shape.
Tensor infer(const Graph& graph, const Tensor& batch, MatrixEngine& engine, std::size_t first_image = 0);

/// One digital node (every op but Conv and Dense), single precision, operands in `inputs` order.
Tensor digital(const Node& node, const std::vector<const Tensor*>& inputs);

/// Index of the largest logit of each image; the lowest index wins a tie.
std::vector<int> argmax(const Tensor& logits);

} // namespace veilram
