#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/base/random.hpp"
#include "models/learn/batches.hpp"
#include "models/learn/mapped_net.hpp"
#include "models/learn/torch_net.hpp"
#include "models/learn/train.hpp"
#include "models/learn/tune.hpp"
#include "models/nn/topologies.hpp"

#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>
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

int draw(Rng& rng, int low, int high) { return boost::random::uniform_int_distribution<int>(low, high)(rng); }

std::vector<float> normals(Rng& rng, std::size_t count, double mean = 0, double sigma = 1) {
    boost::random::normal_distribution<double> normal(mean, sigma);
    std::vector<float> values(count);
    for (float& v : values) v = static_cast<float>(normal(rng));
    return values;
}

Tensor random_tensor(Rng& rng, const Shape& shape) {
    return {shape, normals(rng, static_cast<std::size_t>(element_count(shape)))};
}

Window random_window(Rng& rng, bool pooling) {
    Window w;
    w.kernel_h = draw(rng, 1, 3), w.kernel_w = draw(rng, 1, 3);
    w.stride_h = draw(rng, 1, 2), w.stride_w = draw(rng, 1, 2);
    w.dilation_h = draw(rng, 1, 2), w.dilation_w = draw(rng, 1, 2);
    w.pad_top = draw(rng, 0, w.kernel_h - 1), w.pad_bottom = draw(rng, 0, w.kernel_h - 1);
    w.pad_left = draw(rng, 0, w.kernel_w - 1), w.pad_right = draw(rng, 0, w.kernel_w - 1);
    w.ceil_mode = pooling && draw(rng, 0, 1) == 1;
    return w;
}

/// Nodes one after the other, each reading the one before unless told otherwise.
class Builder {
public:
    Builder(std::uint64_t seed, Shape in_shape) : rng_(make_rng(seed, "graph")) {
        graph_.name = "test";
        graph_.in_shape = std::move(in_shape);
    }

    Builder& add(Op op) {
        std::vector<ValueId> inputs{graph_.nodes.size()};
        if (std::holds_alternative<Add>(op) || std::holds_alternative<Concat>(op))
            inputs.push_back(graph_.nodes.size() - 1);
        graph_.nodes.push_back({"node" + std::to_string(graph_.nodes.size()), std::move(op), inputs, {}});
        infer_shapes(graph_);
        return *this;
    }
    Builder& conv(int groups, int outputs_per_group, const Window& w, bool with_bias = true) {
        Conv op;
        op.window = w;
        op.groups = groups;
        op.weight = random_tensor(rng_, {groups * outputs_per_group, channels() / groups, w.kernel_h, w.kernel_w});
        if (with_bias) op.bias = normals(rng_, static_cast<std::size_t>(op.weight.dim(0)));
        return add(op);
    }
    Builder& norm() {
        const auto count = static_cast<std::size_t>(channels());
        BatchNorm op{normals(rng_, count), normals(rng_, count), normals(rng_, count), normals(rng_, count)};
        for (float& v : op.variance) v = v * v + 0.5F;
        return add(op);
    }
    Builder& dense(int outputs) {
        add(Flatten{});
        return add(Dense{random_tensor(rng_, {outputs, channels()}), normals(rng_, static_cast<std::size_t>(outputs))});
    }
    Builder& pad() { return add(Pad{{0, 1, 0, 2}, {0, 0, 1, 1}, 0.5F}); }
    Builder& slice() {
        const Shape& s = shape();
        return add(Slice{{0, s[0] / 2, 0, 1}, {1, s[0], s[1], s[2]}, {1, 1, 2, 1}});
    }
    const Shape& shape() const { return graph_.shape_of(graph_.nodes.size()); }
    int channels() const { return static_cast<int>(shape()[0]); }
    Rng& rng() { return rng_; }
    Graph done() const { return graph_; }

private:
    Rng rng_;
    Graph graph_;
};

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

double largest_difference(const Tensor& a, const Tensor& b) {
    EXPECT_EQ(a.shape, b.shape);
    double largest = 0;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        largest = std::max(largest, std::abs(double(a.data[i]) - b.data[i]) / (1 + std::abs(double(b.data[i]))));
    return largest;
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

/// Learns the digits in seconds: a strided convolution and one hidden layer.
Graph small_network() {
    Window w;
    w.kernel_h = w.kernel_w = 5;
    w.stride_h = w.stride_w = 3;
    return Builder(1, {1, 28, 28}).conv(1, 6, w).add(Relu{}).dense(32).add(Relu{}).dense(10).done();
}

TrainConfig quick_training() {
    TrainConfig config;
    config.epochs = 4;
    config.batch = 32;
    config.learning_rate = 3e-3;
    config.validation_share = 0.2;
    config.augment = {5, 1, 0.05, 0.05, false};
    return config;
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

std::vector<float> all_weights(const Graph& graph) {
    std::vector<float> all;
    for (const std::size_t i : matrix_nodes(graph)) {
        const auto take = [&](const Tensor& weight, const std::vector<float>& bias) {
            all.insert(all.end(), weight.data.begin(), weight.data.end());
            all.insert(all.end(), bias.begin(), bias.end());
        };
        if (const auto* conv = std::get_if<Conv>(&graph.nodes[i].op)) take(conv->weight, conv->bias);
        if (const auto* dense = std::get_if<Dense>(&graph.nodes[i].op)) take(dense->weight, dense->bias);
    }
    return all;
}

TEST(TrainTest, TheSameSeedGivesTheSameWeights) {
    const Dataset data = generate_digits(1, Split::train, 300);
    TrainConfig config = quick_training();
    const auto first = all_weights(train(small_network(), data, {}, config).graph);
    EXPECT_EQ(all_weights(train(small_network(), data, {}, config).graph), first);
    config.seed = 2;
    EXPECT_NE(all_weights(train(small_network(), data, {}, config).graph), first);
}

template <class Action> std::string error_of(Action action) {
    try {
        action();
    } catch (const UserError& error) {
        return error.what();
    }
    return "no UserError";
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

/// A trained small network and what it takes to map it.
class TuneTest : public ::testing::Test {
protected:
    void SetUp() override {
        data_ = generate_digits(1, Split::train, 1500);
        graph_ = train(small_network(), data_, {}, quick_training()).graph;
        config_.map.n = 8;
        activations_ = calibrate(graph_, to_tensor(data_.pixels.data(), 200, data_.shape, {}), config_.quant);
        tuning_.batch = 32;
        tuning_.epochs = 2;
        tuning_.resolve_every = 15;
        tuning_.learning_rate = 2e-3;
        tuning_.validation_share = 0.2;
    }

    Dataset data_;
    Graph graph_;
    CompileConfig config_;
    std::vector<ActivationQuant> activations_;
    TuneConfig tuning_;
};

TEST_F(TuneTest, RightAfterASolveTheNetworkComputesWhatTheCrossbarsCompute) {
    MappedNet mapped(graph_, activations_, config_);
    const Compiled compiled = compile(graph_, activations_, config_);
    ScEngine engine(compiled.program, compiled.image.nvm, compiled.secrets);
    const Tensor images = to_tensor(data_.pixels.data(), 20, data_.shape, {});
    const Tensor got = from_torch(mapped.forward(to_torch(images)));
    EXPECT_LT(largest_difference(got, infer(compiled.program.graph, images, engine)), 1e-4);
}

TEST_F(TuneTest, WhereAllWeightsMoveEverySolveReEstimatesOutputs) {
    config_.map.cells = CellChoice::stream_aware;
    config_.quant.outputs = OutputScale::re_estimated;
    const Tensor images = to_tensor(data_.pixels.data(), 20, data_.shape, {});
    const Calibration calibration(to_tensor(data_.pixels.data(), 100, data_.shape, {}));
    MappedNet mapped(graph_, activations_, config_, calibration, TunedPart::all);
    {
        const torch::NoGradGuard no_grad;
        torch::Tensor weight = mapped.net().weight(0);
        weight *= -0.5;
    }
    mapped.solve();
    const Compiled compiled = compile(mapped.mapped_graph(), activations_, config_, calibration);
    ScEngine engine(compiled.program, compiled.image.nvm, compiled.secrets);
    const Tensor got = from_torch(mapped.forward(to_torch(images)));
    EXPECT_LT(largest_difference(got, infer(compiled.program.graph, images, engine)), 1e-4);
}

TEST_F(TuneTest, BetweenSolvesAChangeOfWeightsCountsExactly) {
    MappedNet mapped(graph_, activations_, config_);
    const torch::Tensor images = to_torch(to_tensor(data_.pixels.data(), 20, data_.shape, {}));
    const torch::Tensor before = mapped.forward(images).detach();
    const std::size_t last = mapped.net().matrix_count() - 1;
    {
        const torch::NoGradGuard no_grad;
        torch::Tensor weight = mapped.net().weight(last), bias = mapped.net().bias(last);
        weight[3] += 0.125;
        bias[5] -= 2;
    }
    const torch::Tensor change = mapped.forward(images).detach() - before;
    EXPECT_NEAR((change.select(1, 5) + 2).abs().max().item<double>(), 0, 1e-4);
    EXPECT_GT(change.select(1, 3).min().item<double>(), 0) << "the inputs of the last layer are never negative";
    EXPECT_NEAR(change.select(1, 0).abs().max().item<double>(), 0, 1e-5);
}

TEST_F(TuneTest, RealisedWeightsDifferFromTheWantedOnesByTheReportedError) {
    const Compiled compiled = compile(graph_, activations_, config_);
    double error = 0, weights = 0;
    const auto matrices = matrix_nodes(graph_);
    for (std::size_t layer = 0; layer < matrices.size(); ++layer) {
        const QuantWeights wanted = quantise_weights(graph_.nodes[matrices[layer]].op, config_.quant.weights);
        const Tensor realised = realised_weight(compiled, layer, {wanted.shape.outputs, wanted.shape.inputs});
        for (std::size_t i = 0; i < realised.size(); ++i) {
            const float scale =
                compiled.program.layers[layer].quant.weight_scale[i / static_cast<std::size_t>(wanted.shape.inputs)];
            error += std::abs(double(realised.data[i]) / scale * kLevels - wanted.q[i]);
        }
        weights += static_cast<double>(realised.size());
    }
    EXPECT_GT(error, 0);
    EXPECT_NEAR(error / weights, compiled.storage.total.mean_abs_error(),
                0.01 * compiled.storage.total.mean_abs_error());
}

TEST_F(TuneTest, TuningRaisesTheBitTrueAccuracy) {
    const auto bit_true = [&](const Graph& graph) {
        const Compiled compiled = compile(graph, activations_, config_);
        ScEngine engine(compiled.program, compiled.image.nvm, compiled.secrets);
        return accuracy(compiled.program.graph, engine, generate_digits(1, Split::test, 500), {}, 50);
    };
    for (const TuneGoal goal : {TuneGoal::labels, TuneGoal::network}) {
        tuning_.goal = goal;
        const TuneResult result = tune(graph_, activations_, config_, tuning_, data_);
        ASSERT_GE(result.solves.size(), 3U);
        EXPECT_GT(result.validation_accuracy, result.solves.front().validation_accuracy + 0.02);
        EXPECT_GT(bit_true(result.graph), bit_true(graph_) + 0.02);
    }
}

TEST_F(TuneTest, TheSameSeedGivesTheSameWeights) {
    tuning_.epochs = 1;
    const Dataset few = data_.slice(0, 200);
    const auto first = all_weights(tune(graph_, activations_, config_, tuning_, few).graph);
    EXPECT_EQ(all_weights(tune(graph_, activations_, config_, tuning_, few).graph), first);
}

TEST_F(TuneTest, AnInterruptedRunGoesOnToTheSameWeights) {
    tuning_.epochs = 1;
    tuning_.resolve_every = 2;
    const Dataset few = data_.slice(0, 200);
    const auto whole = tune(graph_, activations_, config_, tuning_, few);

    tuning_.state_file = ::testing::TempDir() + "tune_test.state";
    tuning_.state_key = "a";
    tuning_.tell = [](const SolveReport& solve) {
        if (solve.step == 2) throw UserError("cut off");
    };
    EXPECT_THAT(error_of([&] { tune(graph_, activations_, config_, tuning_, few); }), HasSubstr("cut off"));
    int solves = 0;
    tuning_.tell = [&solves](const SolveReport&) { ++solves; };
    const auto rest = tune(graph_, activations_, config_, tuning_, few);
    EXPECT_EQ(solves + 2, static_cast<int>(whole.solves.size()));
    EXPECT_EQ(rest.solves.size(), whole.solves.size());
    EXPECT_EQ(rest.validation_accuracy, whole.validation_accuracy);
    EXPECT_EQ(all_weights(rest.graph), all_weights(whole.graph));

    tuning_.state_key = "b";
    solves = 0;
    tune(graph_, activations_, config_, tuning_, few);
    EXPECT_EQ(solves, static_cast<int>(whole.solves.size())) << "the state of another run is of no use";
    write_file(tuning_.state_file, "damaged");
    solves = 0;
    tune(graph_, activations_, config_, tuning_, few);
    EXPECT_EQ(solves, static_cast<int>(whole.solves.size()));
    std::remove(tuning_.state_file.c_str());
}

TEST_F(TuneTest, TuningOutputsLeavesTheCellsAlone) {
    config_.map.cells = CellChoice::stream_aware;
    config_.quant.outputs = OutputScale::re_estimated;
    tuning_.part = TunedPart::outputs;
    tuning_.epochs = 1;
    const Calibration calibration(to_tensor(data_.pixels.data(), 100, data_.shape, {}), graph_);
    const TuneResult result = tune(graph_, activations_, config_, tuning_, data_.slice(0, 600), calibration);
    const auto before = compile(graph_, activations_, config_, calibration);
    config_.quant.outputs = OutputScale::trained;
    const auto after = compile(result.graph, activations_, config_, calibration);
    std::size_t cells = 0, changed = 0; // a gain may round a weight that lies between two magnitudes the other way
    for (std::size_t x = 0; x < before.image.nvm.cells.size(); ++x) {
        const BitMatrix &was = before.image.nvm.cells[x], &is = after.image.nvm.cells[x];
        for (std::size_t row = 0; row < was.rows(); ++row)
            for (std::size_t w = 0; w < was.words_per_row(); ++w) {
                cells += 64;
                const Word differs = was.row(row)[w] ^ is.row(row)[w];
                changed += popcount(&differs, 1);
            }
    }
    EXPECT_LT(changed, cells / 50);
    EXPECT_NE(after.program.layers[0].quant.weight_scale, before.program.layers[0].quant.weight_scale);
    EXPECT_GE(result.validation_accuracy, result.solves.front().validation_accuracy);
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

TEST_F(TuneTest, ReEstimatedOutputsAreWhereTuningStarts) {
    config_.quant.outputs = OutputScale::re_estimated;
    const Tensor calibration = to_tensor(data_.pixels.data(), 100, data_.shape, {});
    MappedNet mapped(graph_, activations_, config_, calibration);
    const Compiled compiled = compile(graph_, activations_, config_, calibration);
    ScEngine engine(compiled.program, compiled.image.nvm, compiled.secrets);
    const Tensor images = to_tensor(data_.pixels.data(), 20, data_.shape, {});
    const Tensor got = from_torch(mapped.forward(to_torch(images)));
    EXPECT_LT(largest_difference(got, infer(compiled.program.graph, images, engine)), 1e-2);
}

TEST_F(TuneTest, SettingsThatMakeNoSenseAreRefused) {
    tuning_.resolve_every = 0;
    EXPECT_THAT(error_of([&] { tune(graph_, activations_, config_, tuning_, data_); }),
                HasSubstr("between two mappings"));
}

TEST(MappedNetTest, ABatchNormThatCannotBeFoldedIsRefused) {
    const Graph graph = Builder(1, {1, 4, 4}).norm().dense(3).done();
    EXPECT_THAT(error_of([&] { MappedNet(graph, {ActivationQuant{}}, {}, {}); }), HasSubstr("batch_norm"));
}

} // namespace
} // namespace veilram::test
