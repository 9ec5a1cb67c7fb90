// SFGE on a real network: the keys that an independent implementation found, and what they do.
#include "models/base/diagnostics.hpp"
#include "models/data/dataset.hpp"
#include "models/learn/batches.hpp"
#include "models/learn/gradients.hpp"
#include "models/nn/infer.hpp"
#include "models/nn/onnx.hpp"
#include "models/sfge/encrypt.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <numeric>

namespace veilram::test {
namespace {

/// The gradient on the first 5,000 training images takes half a minute: once for all tests.
class SfgeOfResNet20 : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        const char* data = std::getenv("VEILRAM_DATA");
        if (data == nullptr) return;
        try {
            const std::string folder = data;
            auto found = std::make_unique<Found>();
            found->graph = import_onnx(folder + "/models/cifar10_resnet20.onnx");
            found->test = load_cifar10(folder + "/cifar10", Split::test).slice(0, 2000);
            found->clean =
                weight_gradients(found->graph, load_cifar10(folder + "/cifar10", Split::train).slice(0, 5000), kFormat);
            found_ = std::move(found);
        } catch (const UserError&) { // no such data here
        }
    }
    static void TearDownTestSuite() { found_.reset(); }
    void SetUp() override {
        if (!found_) GTEST_SKIP() << "needs CIFAR-10 and its network under VEILRAM_DATA";
    }
    /// Of the first 2,000 test images, in percent.
    static double accuracy_of(const Graph& graph) {
        FloatEngine engine;
        return 100 * accuracy(graph, engine, found_->test, kFormat, 50);
    }

    struct Found {
        Graph graph;
        Dataset test;
        WeightGradients clean;
    };
    static std::unique_ptr<Found> found_;
    static const InputFormat kFormat;
};
std::unique_ptr<SfgeOfResNet20::Found> SfgeOfResNet20::found_;
const InputFormat SfgeOfResNet20::kFormat{{0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}};

TEST_F(SfgeOfResNet20, GradientsAndKeysAreThoseOfAnIndependentImplementation) {
    EXPECT_NEAR(found_->clean.loss, 45.5133, 0.01);
    const SfgeKey key = choose_by_gradient(found_->graph, found_->clean.gradients, {20, false});
    const std::vector<float>& first = found_->clean.gradients[0].data;
    EXPECT_NEAR(std::accumulate(first.begin(), first.end(), 0.0, [](double s, float g) { return s + std::abs(g); }),
                940.361, 0.1);
    const auto head = [](const TensorKey& tensor) {
        return TensorKey{{tensor.indices.begin(), tensor.indices.begin() + 5},
                         {tensor.signs.begin(), tensor.signs.begin() + 5}};
    };
    EXPECT_EQ(head(key[0]), (TensorKey{{83, 310, 311, 92, 301}, {1, -1, -1, 1, -1}}));
    std::size_t layer3 = 0; // the conv with 18,432 weights, before the shortcut conv of its block if there is one
    const std::vector<std::size_t> nodes = matrix_nodes(found_->graph);
    while (matrix_weight(found_->graph.nodes[nodes[layer3]].op).size() != 18'432) ++layer3;
    EXPECT_EQ(head(key[layer3]), (TensorKey{{2573, 4505, 2489, 13724, 2492}, {-1, 1, -1, 1, -1}}));
    EXPECT_NEAR(found_->clean.gradients[layer3].data[2573], -6.9960, 1e-3);

    const SfgeKey flips = choose_sign_flips(found_->graph, found_->clean.gradients, {20, false});
    EXPECT_EQ(head(flips[0]).indices, (std::vector<std::uint32_t>{64, 66, 67, 10, 83}));
    EXPECT_EQ(head(flips[layer3]).indices, (std::vector<std::uint32_t>{2573, 11048, 2528, 11051, 3128}));
}

TEST_F(SfgeOfResNet20, KeysHaveAsManyWeightsAsTheCapAllows) {
    const auto weights = [&](const SfgeCount& count) {
        return weight_count(choose_by_gradient(found_->graph, found_->clean.gradients, count));
    };
    EXPECT_EQ(weights({5, true}), 71U);
    EXPECT_EQ(weights({20, true}), 179U);
    EXPECT_EQ(weights({30, true}), 229U);
    EXPECT_EQ(weights({20, false}), 400U);
}

TEST_F(SfgeOfResNet20, ChosenWeightsRuinTheNetworkAndRandomOnesDoNot) {
    const Graph& graph = found_->graph;
    const SfgeKey key = choose_by_gradient(graph, found_->clean.gradients, {20, false});
    EXPECT_NEAR(accuracy_of(perturbed(graph, key, {0.2, false})), 22.50, 1.0);
    EXPECT_GT(accuracy_of(perturbed(graph, choose_at_random(graph, {20, false}, 1), {0.2, false})), 88.0);
    const SfgeKey flips = choose_sign_flips(graph, found_->clean.gradients, {20, false});
    EXPECT_NEAR(accuracy_of(with_flipped_signs(graph, flips)), 10.60, 1.0);
}

} // namespace
} // namespace veilram::test
