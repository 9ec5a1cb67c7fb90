// Fine-tuning with the mapping in the loop.
#include "models/base/file.hpp"
#include "models/learn/batches.hpp"
#include "models/learn/mapped_net.hpp"
#include "models/learn/torch_net.hpp"
#include "models/learn/tune.hpp"
#include "tb/unit/learn_networks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace veilram::test {
namespace {
using ::testing::HasSubstr;

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
