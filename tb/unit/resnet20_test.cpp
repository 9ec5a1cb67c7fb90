// A real exporter's network on real images: what the README beside the data says it must reach.
#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/nn/infer.hpp"
#include "models/nn/onnx.hpp"
#include "models/nn/level_engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <iostream>

namespace veilram::test {
namespace {

constexpr std::size_t kPixels = 3 * 32 * 32;
constexpr std::size_t kRecord = 1 + kPixels; // the label comes first
constexpr std::size_t kBatch = 50;

class ResNet20 : public ::testing::Test {
protected:
    void SetUp() override {
        const char* folder = std::getenv("VEILRAM_DATA");
        if (folder == nullptr) GTEST_SKIP() << "VEILRAM_DATA is not set";
        data_ = folder;
        try {
            test_ = read_file(data_ + "/cifar10/test_batch.bin");
            graph_ = import_onnx(data_ + "/models/cifar10_resnet20.onnx");
        } catch (const UserError& e) {
            GTEST_SKIP() << "needs CIFAR-10 and its network: " << e.what();
        }
    }

    static Tensor images(const std::string& file, std::size_t first, std::size_t count) {
        constexpr std::array<float, 3> mean = {0.485F, 0.456F, 0.406F}, deviation = {0.229F, 0.224F, 0.225F};
        Tensor batch({static_cast<std::int64_t>(count), 3, 32, 32});
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t p = 0; p < kPixels; ++p) {
                const auto byte = static_cast<unsigned char>(file[(first + i) * kRecord + 1 + p]);
                const std::size_t c = p / (32 * 32);
                batch.data[i * kPixels + p] = (static_cast<float>(byte) / 255.0F - mean[c]) / deviation[c];
            }
        return batch;
    }
    /// Right answers among every `stride`-th batch of the test images, and how many images that were.
    std::pair<int, int> score(const Graph& graph, MatrixEngine& engine, std::size_t stride = 1) const {
        int right = 0, seen = 0;
        const std::size_t total = test_.size() / kRecord;
        for (std::size_t first = 0; first < total; first += kBatch * stride) {
            const std::size_t count = std::min(kBatch, total - first);
            const std::vector<int> guesses = argmax(infer(graph, images(test_, first, count), engine));
            for (std::size_t i = 0; i < count; ++i) right += guesses[i] == test_[(first + i) * kRecord] ? 1 : 0;
            seen += static_cast<int>(count);
        }
        return {right, seen};
    }
    ExactEngine quantised(const Graph& graph, const QuantConfig& config) const {
        const std::string train = read_file(data_ + "/cifar10/data_batch_1.bin");
        const Tensor calibration = images(train, 0, static_cast<std::size_t>(config.calibration_images));
        const std::vector<ActivationQuant> inputs = calibrate(graph, calibration, config);
        std::vector<LayerQuant> layers;
        std::vector<QuantWeights> weights;
        for (const std::size_t node : matrix_nodes(graph)) {
            const Op& op = graph.nodes[node].op;
            weights.push_back(quantise_weights(op, config.weights));
            std::vector<float> bias =
                std::holds_alternative<Conv>(op) ? std::get<Conv>(op).bias : std::get<Dense>(op).bias;
            bias.resize(weights.back().scale.size(), 0.0F);
            layers.push_back({inputs[layers.size()], weights.back().scale, bias});
        }
        return ExactEngine(std::move(layers), std::move(weights));
    }

    std::string data_, test_;
    Graph graph_;
};

TEST_F(ResNet20, ImportGivesTheTopologyOfThePaperWithoutTheExportersPadSubGraphs) {
    EXPECT_EQ(graph_.in_shape, (Shape{3, 32, 32}));
    EXPECT_EQ(matrix_nodes(graph_).size(), 20U);
    EXPECT_EQ(graph_.nodes.back().out_shape, (Shape{10}));
    std::vector<std::string> odd;
    for (const Node& node : graph_.nodes)
        if (std::holds_alternative<Slice>(node.op) || std::holds_alternative<Pad>(node.op)) {
            odd.push_back(op_name(node.op) + " " + to_string(node.out_shape));
        }
    EXPECT_EQ(odd, (std::vector<std::string>{"slice 16x16x32", "slice 16x16x16", "pad 32x16x16", "slice 32x8x16",
                                             "slice 32x8x8", "pad 64x8x8"}));
    EXPECT_EQ(matrix_nodes(fold_batch_norm(graph_)).size() + 19 + 9 + 6 + 2, fold_batch_norm(graph_).nodes.size());
}

TEST_F(ResNet20, FloatInferenceReachesTheBaselineExactly) {
    FloatEngine engine;
    const auto [right, seen] = score(graph_, engine);
    EXPECT_EQ(seen, 4943);
    EXPECT_EQ(right, 4516); // 91.36 %
}

TEST_F(ResNet20, EightBitLevelsCostLessThanOnePoint) {
    const Graph folded = fold_batch_norm(graph_);
    const std::size_t stride =
        std::getenv("VEILRAM_FULL") == nullptr ? 4 : 1; // every fourth batch is enough as a guard
    FloatEngine reference;
    const auto [float_right, seen] = score(folded, reference, stride);
    for (const WeightScale scale : {WeightScale::per_channel, WeightScale::per_tensor}) {
        QuantConfig config;
        config.weights = scale;
        ExactEngine engine = quantised(folded, config);
        const int right = score(folded, engine, stride).first;
        RecordProperty(scale == WeightScale::per_channel ? "per_channel" : "per_tensor", right);
        std::cout << (scale == WeightScale::per_channel ? "per channel " : "per tensor ") << right << " of " << seen
                  << " right, in float " << float_right << "\n";
        EXPECT_LT(std::abs(right - float_right), 0.01 * seen);
    }
}

} // namespace
} // namespace veilram::test
