#include "models/nn/topologies.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace veilram::test {
namespace {

std::int64_t weights_of(const Graph& graph) {
    std::int64_t weights = 0;
    for (const std::size_t i : matrix_nodes(graph)) {
        const MatrixShape shape = matrix_shape(graph.nodes[i].op);
        weights += std::int64_t{shape.inputs} * shape.outputs;
    }
    return weights;
}

} // namespace

TEST(TopologiesTest, NetworksHaveTheirKnownSizes) {
    EXPECT_EQ(weights_of(lenet5()), 61'470);
    EXPECT_EQ(weights_of(resnet20()), 268'336 + 16 * 32 + 32 * 64); // the shortcuts of option B
    EXPECT_EQ(weights_of(vgg8()),
              27 * 128 + 9 * (128 * 128 + 128 * 256 + 256 * 256 + 256 * 512 + 512 * 512) + 8192 * 1024 + 10240);
    EXPECT_EQ(weights_of(resnet18()), 11'678'912);
    EXPECT_EQ(weights_of(resnet50()), 25'502'912);
    EXPECT_EQ(lenet5().nodes.back().out_shape, Shape{10});
    EXPECT_EQ(resnet50().nodes.back().out_shape, Shape{1000});
}

TEST(TopologiesTest, BatchNormsFollowEveryConvolutionInPlaceOfItsBias) {
    const Graph plain = resnet20(), graph = with_batch_norms(plain);
    EXPECT_EQ(weights_of(graph), weights_of(plain));
    std::size_t convolutions = 0, norms = 0;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const auto* conv = std::get_if<Conv>(&graph.nodes[i].op);
        norms += std::holds_alternative<BatchNorm>(graph.nodes[i].op) ? 1 : 0;
        if (conv == nullptr) continue;
        ++convolutions;
        EXPECT_TRUE(conv->bias.empty());
        EXPECT_TRUE(std::holds_alternative<BatchNorm>(graph.nodes.at(i + 1).op));
        EXPECT_EQ(graph.nodes[i + 1].inputs, std::vector<ValueId>{i + 1});
    }
    EXPECT_EQ(convolutions, 21U);
    EXPECT_EQ(norms, convolutions);
    EXPECT_EQ(graph.nodes.back().out_shape, plain.nodes.back().out_shape);
}

TEST(TopologiesTest, FreshWeightsHaveHesSpreadAndDependOnTheSeed) {
    const auto weights = [](std::uint64_t seed) {
        return std::get<Dense>(randomise(lenet5(), seed).nodes[7].op).weight.data;
    };
    const auto w = weights(1);
    const double power = std::inner_product(w.begin(), w.end(), w.begin(), 0.0) / static_cast<double>(w.size());
    EXPECT_NEAR(std::sqrt(power), std::sqrt(2.0 / 400), 0.001);
    EXPECT_EQ(weights(1), w);
    EXPECT_NE(weights(2), w);
}

} // namespace veilram::test
