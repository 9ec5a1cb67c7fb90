// Inference over a graph. The digital operations are the same code in every fidelity (docs/model.md, section 4); what
// differs is who multiplies by the weight matrices.
#pragma once

#include "models/nn/graph.hpp"

#include <cstddef>
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

/// What FloatEngine makes of a matrix node, the images side by side on all cores: the same bits.
Tensor multiply_on_all_cores(const Node& node, const Tensor& input);

/// Runs `batch` [N, C, H, W], which starts with image number `first_image`, through the graph and returns the logits
/// [N, classes]. Throws UserError when the image shape is not the graph's in_shape.
Tensor infer(const Graph& graph, const Tensor& batch, MatrixEngine& engine, std::size_t first_image = 0);

/// One digital node (every op but Conv and Dense), single precision, operands in `inputs` order.
Tensor digital(const Node& node, const std::vector<const Tensor*>& inputs);

/// Index of the largest logit of each image; the lowest index wins a tie.
std::vector<int> argmax(const Tensor& logits);

} // namespace veilram
