// Re-estimated output statistics: what batch norm would do about the mapping's errors, without training (docs/model.md,
// section 5).
#pragma once

#include "models/image/nvm.hpp"
#include "models/image/program.hpp"

#include <vector>

namespace veilram {

/// Gives every output channel of every matrix layer the mean and the standard deviation that `graph`, the network that
/// was mapped, has in float on `images` [N, C, H, W]: a new scale and bias for each. Layers follow one another, so that
/// each sees inputs that are right already. No label is needed. Outputs that never change keep their scale.
void re_estimate_outputs(Program& program, const NvmSource& nvm, const std::vector<LayerSecrets>& secrets,
                         const Graph& graph, const Tensor& images);

} // namespace veilram
