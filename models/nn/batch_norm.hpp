// Batch norms whose statistics follow a network that changed (docs/model.md, section 6).
#pragma once

#include "models/nn/graph.hpp"

#include <cstddef>
#include <functional>

namespace veilram {

/// Images to pass forward: batch number 0..count-1 as [N, C, H, W].
struct ImageBatches {
    std::size_t count = 0;
    std::function<Tensor(std::size_t batch)> get;
};

/// Gives every batch norm the mean and the variance of its inputs, by forward passes: each batch is normalised by its
/// own statistics, and those (the variance with N - 1) are averaged over the batches. Scale and shift stay. No labels.
/// Throws UserError for no images or a wrong image shape.
Graph with_batch_statistics(const Graph& graph, const ImageBatches& images);

/// The same network with batch norms that statistics can be given to: convs that no batch norm alone reads get one, and
/// where mean 0 and variance 1 say that the statistics were folded into the weights, those that the inputs have on
/// `images` take their place, scale and shift making up for them. The function computed is unchanged up to rounding.
Graph unfold_batch_norm(const Graph& graph, const ImageBatches& images);

} // namespace veilram
