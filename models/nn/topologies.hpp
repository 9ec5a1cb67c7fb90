// Networks that are trained here or measured here, as graphs without trained weights.
#pragma once

#include "models/nn/graph.hpp"

#include <cstdint>

namespace veilram {

/// LeNet-5 with ReLU and max pooling, for images of 1x28x28: conv 6 5x5 (padding 2), pool 2, conv 16 5x5, pool 2, dense
/// 120, 84, 10. After Y. LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 86(11),
/// 1998. All weights are 0.
Graph lenet5();

/// VGG8 as the simulators of this field run it on CIFAR-10 images of 3x32x32: 3x3 convs of 128, 128, 256, 256, 512, 512
/// channels, a pool after every second, dense 1024 and 10. All weights are 0.
Graph vgg8();

/// ResNet-20 for 3x32x32 with 1x1 convs in the shortcuts that change shape (option B), batch norms folded. After K. He
/// et al., "Deep residual learning for image recognition", CVPR 2016. All weights are 0.
Graph resnet20();
/// ResNet-18 and ResNet-50 for 3x224x224, of the same source, batch norms folded. All weights are 0.
Graph resnet18();
Graph resnet50();

/// `topology` with a batch norm after every convolution, in place of its bias: how such networks are trained.
Graph with_batch_norms(const Graph& topology);

/// `topology` with fresh weights: He's normal distribution (std = sqrt(2 / inputs of an output)), biases 0, batch norms
/// neutral.
Graph randomise(const Graph& topology, std::uint64_t seed);

} // namespace veilram
