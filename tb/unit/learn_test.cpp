#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/base/random.hpp"
#include "models/learn/batches.hpp"
#include "models/learn/torch_net.hpp"
#include "models/learn/train.hpp"
#include "models/nn/topologies.hpp"
#include "tb/unit/learn_networks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <set>

namespace veilram::test {
namespace {
using ::testing::HasSubstr;

/// Every operation at least once, with geometry that the seed draws.
Graph random_graph(std::uint64_t seed) {
    Builder b(seed, {4, 23, 22});
    Rng& rng = b.rng();
    b.conv(draw(rng, 1, 2), draw(rng, 1, 3) * 2, random_window(rng, false)).norm().add(Relu{}).add(Add{});
    b.add(Clip{-1.0F, 2.0F}).add(Concat{});
    b.add(MaxPool{random_window(rng, true)});
    b.pad().slice();
    b.add(AveragePool{random_window(rng, true), draw(rng, 0, 1) == 1});
    Window pointwise;
    b.conv(1, 5, pointwise, false).norm();
    if (draw(rng, 0, 1) == 1) b.add(GlobalAveragePool{});
    return b.dense(6).add(Relu{}).dense(4).done();
}

TEST(TorchNetTest, AgreesWithTheFloatEngineOnRandomGraphs) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        const Graph graph = random_graph(seed);
        Rng rng = make_rng(seed, "images");
        const Tensor images = random_tensor(rng, {3, 4, 23, 22});
        FloatEngine engine;
        const Tensor got = from_torch(TorchNet(graph).forward(to_torch(images), TorchNet::Mode::eval));
        EXPECT_LT(largest_difference(got, infer(graph, images, engine)), 1e-4) << "seed " << seed;
    }
}

TEST(TorchNetTest, GivesBackTheGraphItWasMadeOf) {
    const Graph graph = random_graph(7), back = TorchNet(graph).graph();
    Rng rng = make_rng(7, "images");
    const Tensor images = random_tensor(rng, {2, 4, 23, 22});
    FloatEngine engine;
    EXPECT_EQ(infer(graph, images, engine).data, infer(back, images, engine).data);
    EXPECT_TRUE(std::get<Conv>(back.nodes[matrix_nodes(back)[1]].op).bias.empty())
        << "a missing bias must stay missing";
}

TEST(TorchNetTest, GradientsMatchFiniteDifferences) {
    Window w;
    w.kernel_h = w.kernel_w = 2;
    const Graph graph = Builder(3, {2, 6, 6}).conv(1, 3, w).add(Relu{}).dense(3).done();
    Rng rng = make_rng(3, "images");
    const torch::Tensor images = to_torch(random_tensor(rng, {4, 2, 6, 6}));
    TorchNet net(graph);
    const auto loss = [&] { return net.forward(images, TorchNet::Mode::eval).pow(2).mean(); };
    loss().backward();
    for (const torch::Tensor& parameter : net.parameters()) {
        const torch::NoGradGuard no_grad;
        torch::Tensor flat = parameter.view({-1});
        const double analytic = parameter.grad().reshape({-1})[1].item<double>();
        constexpr double kStep = 1e-2;
        flat[1] += kStep;
        const double above = loss().item<double>();
        flat[1] -= 2 * kStep;
        const double below = loss().item<double>();
        flat[1] += kStep;
        EXPECT_NEAR((above - below) / (2 * kStep), analytic, 0.03 * (1 + std::abs(analytic)));
    }
}

TEST(TorchNetTest, BatchNormLearnsItsStatisticsInTrainModeOnly) {
    const Graph graph = Builder(5, {3, 4, 4}).norm().done();
    const auto mean_of = [](const TorchNet& net) { return std::get<BatchNorm>(net.graph().nodes[0].op).mean; };
    Rng rng = make_rng(5, "images");
    const torch::Tensor images = to_torch(random_tensor(rng, {8, 3, 4, 4})) + 10;
    TorchNet net(graph);
    const std::vector<float> before = mean_of(net);
    net.forward(images, TorchNet::Mode::eval);
    EXPECT_EQ(mean_of(net), before);
    net.forward(images, TorchNet::Mode::train);
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(mean_of(net)[c], 0.9 * before[c] + 0.1 * 10, 0.1);
}

TEST(BatchesTest, PartsAreDisjointAndHoldEveryImage) {
    const Parts parts = split_parts(1000, 0.1, 1);
    EXPECT_EQ(parts.validation.size(), 100U);
    std::set<std::size_t> all(parts.learned.begin(), parts.learned.end());
    all.insert(parts.validation.begin(), parts.validation.end());
    EXPECT_EQ(all.size(), 1000U);
    EXPECT_EQ(*all.rbegin(), 999U);
}

TEST(BatchesTest, ASmallerShareIsPartOfALargerOne) {
    const std::vector<std::size_t> few = split_parts(500, 0.1, 3).validation,
                                   many = split_parts(500, 0.2, 3).validation;
    EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
    EXPECT_NE(split_parts(500, 0.1, 4).validation, few);
}

TEST(BatchesTest, AShareThatLeavesNothingIsRefused) {
    for (const double share : {0.0, 1.0, -0.5, 0.001, std::nan("")})
        EXPECT_THROW(split_parts(100, share, 1), UserError) << share;
}

TEST(BatchesTest, ASubsetKeepsImagesAndLabelsTogether) {
    const Dataset data = generate_digits(1, Split::train, 20), few = subset(data, {7, 3});
    EXPECT_EQ(few.labels, (std::vector<int>{data.labels[7], data.labels[3]}));
    EXPECT_TRUE(std::equal(data.image(3), data.image(4), few.image(1)));
}

TEST(TrainTest, TheLossFallsAndUnseenDigitsAreRecognised) {
    const TrainResult result = train(small_network(), generate_digits(1, Split::train, 2000), {}, quick_training());
    ASSERT_EQ(result.epochs.size(), 4U);
    EXPECT_LT(result.epochs.back().loss, 0.4 * result.epochs.front().loss);
    FloatEngine engine;
    EXPECT_GT(accuracy(result.graph, engine, generate_digits(1, Split::test, 500), {}, 100), 0.9);
}

TEST(TrainTest, GradientDescentWithMomentumLearnsToo) {
    TrainConfig config = quick_training();
    config.optimiser = Optimiser::sgd;
    config.learning_rate = 0.02;
    config.weight_decay = 5e-4;
    const TrainResult result = train(small_network(), generate_digits(1, Split::train, 2000), {}, config);
    FloatEngine engine;
    EXPECT_GT(accuracy(result.graph, engine, generate_digits(1, Split::test, 500), {}, 100), 0.9);
}

TEST(TrainTest, TheBestEpochIsKept) {
    const TrainResult result = train(small_network(), generate_digits(1, Split::train, 400), {}, quick_training());
    double best = 0;
    for (const EpochReport& epoch : result.epochs) best = std::max(best, epoch.validation_accuracy);
    EXPECT_EQ(result.validation_accuracy, best);
}

TEST(TrainTest, TheSameSeedGivesTheSameWeights) {
    const Dataset data = generate_digits(1, Split::train, 300);
    TrainConfig config = quick_training();
    const auto first = all_weights(train(small_network(), data, {}, config).graph);
    EXPECT_EQ(all_weights(train(small_network(), data, {}, config).graph), first);
    config.seed = 2;
    EXPECT_NE(all_weights(train(small_network(), data, {}, config).graph), first);
}

TEST(TrainTest, ImagesThatDoNotFitAreRefused) {
    Dataset data = generate_digits(1, Split::train, 50);
    data.labels[4] = 10;
    EXPECT_THAT(error_of([&] { train(small_network(), data, {}, {}); }), HasSubstr("label 10 of image 4"));
    data.shape = {1, 14, 56};
    EXPECT_THAT(error_of([&] { train(small_network(), data, {}, {}); }), HasSubstr("1x14x56"));
    EXPECT_THROW(join(data, generate_digits(1, Split::train, 5)), UserError);
}

TEST(TrainTest, SettingsThatMakeNoSenseAreRefused) {
    const Dataset data = generate_digits(1, Split::train, 50);
    const auto refused = [&](auto change) {
        TrainConfig config;
        change(config);
        return error_of([&] { train(small_network(), data, {}, config); });
    };
    EXPECT_THAT(refused([](TrainConfig& c) { c.epochs = 0; }), HasSubstr("epochs"));
    EXPECT_THAT(refused([](TrainConfig& c) { c.batch = -1; }), HasSubstr("batch"));
    EXPECT_THAT(refused([](TrainConfig& c) { c.learning_rate = 0; }), HasSubstr("learning rate"));
    EXPECT_THAT(refused([](TrainConfig& c) { c.validation_share = 0; }), HasSubstr("validation share"));
    EXPECT_THAT(refused([](TrainConfig& c) { c.augment.scale = 1; }), HasSubstr("augmentation"));
}

TEST(AugmentTest, MirroredImagesAreThoseOrTheirReflections) {
    Rng rng = make_rng(1, "mirror");
    const torch::Tensor images = torch::rand({40, 3, 8, 8});
    Augment augment;
    augment.mirror = true;
    const torch::Tensor changed = augmented(images, augment, rng);
    int mirrored = 0;
    for (std::int64_t i = 0; i < images.size(0); ++i) {
        const bool same = torch::allclose(changed[i], images[i], 1e-5, 1e-5);
        const bool turned = torch::allclose(changed[i], images[i].flip({2}), 1e-5, 1e-5);
        EXPECT_TRUE(same || turned);
        mirrored += turned ? 1 : 0;
    }
    EXPECT_GT(mirrored, 8);
    EXPECT_LT(mirrored, 32);
}

} // namespace
} // namespace veilram::test
