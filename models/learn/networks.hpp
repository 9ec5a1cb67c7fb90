// Networks that are trained here, as graphs without trained weights.
#pragma once

#include "models/nn/graph.hpp"

#include <cstdint>

namespace veilram {

/// LeNet-5 with ReLU and max pooling, for images of 1x28x28: conv 6 5x5 (padding 2), pool 2, conv 16 5x5, pool 2, dense
/// 120, 84, 10. After Y. LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 86(11),
/// 1998. All weights are 0.
Graph lenet5();

/// `topology` with fresh weights: He's normal distribution (std = sqrt(2 / inputs of an output)), biases 0, batch norms
/// neutral.
Graph randomise(const Graph& topology, std::uint64_t seed);

} // namespace veilram
