// What layers are fitted to: positions that occur, inputs as the mapped layers before give them.
#include "models/image/calibration_run.hpp"
#include "models/nn/infer.hpp"
#include "models/nn/level_map.hpp"
#include "tb/unit/random_nn.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace veilram::test {
namespace {

TEST(CalibrationRunTest, EverySampleIsAPositionOfTheOutput) {
    Rng rng = make_rng(1, "samples");
    Graph graph{"grouped", {4, 9, 9}, {}};
    graph.nodes.push_back({"conv", random_conv(rng, 2, 2, 3, random_window(rng)), {0}, {}});
    infer_shapes(graph);
    const Tensor images = random_tensor(rng, {40, 4, 9, 9});
    const ActivationQuant quant = calibrate(graph, images, {}).at(0);
    const CalibrationRun run(graph, images);
    const std::vector<float> scale(6, 0.01F);
    const OutputSamples samples = run.samples(300, quant, scale, make_rng(7, "positions"));
    EXPECT_EQ(run.samples(300, quant, scale, make_rng(7, "positions")).levels, samples.levels);
    EXPECT_NE(run.samples(300, quant, scale, make_rng(8, "positions")).levels, samples.levels);
    const Op& conv = graph.nodes[0].op;
    const auto inputs = static_cast<std::size_t>(matrix_shape(conv).inputs);
    ASSERT_EQ(samples.count, 300U);
    ASSERT_EQ(samples.levels.size(), 300U * 2U * inputs);
    ASSERT_EQ(samples.wanted.size(), 300U * 6U);
    const LevelMap maps[] = {map_levels(conv, 0, images, quant), map_levels(conv, 1, images, quant)};
    const Tensor exact = FloatEngine().apply(0, graph.nodes[0], images, 0);
    const std::size_t plane = exact.size() / (40 * 6);
    const double counts = 65536.0 / (0.01 * quant.scale);
    std::set<std::size_t> positions;
    for (std::size_t sample = 0; sample < 300; ++sample) {
        const auto is_at = [&](std::size_t position) {
            for (std::size_t k = 0; k < 2 * inputs; ++k)
                if (samples.levels_of(k)[sample] != maps[k / inputs].at(position, k % inputs)) return false;
            return true;
        };
        std::size_t position = 0;
        while (position < maps[0].positions() && !is_at(position)) ++position;
        ASSERT_LT(position, maps[0].positions()) << "sample " << sample << " occurs nowhere";
        positions.insert(position);
        for (std::size_t o = 0; o < 6; ++o) {
            double mean = 0.0;
            for (std::size_t image = 0; image < 40; ++image)
                for (std::size_t i = 0; i < plane; ++i)
                    mean += exact.data[(image * 6 + o) * plane + i] / (40.0 * plane);
            const float value = exact.data[(position / plane * 6 + o) * plane + position % plane];
            ASSERT_NEAR(samples.wanted_of(o)[sample], (value - mean) * counts, 2.0 + 1e-5 * counts);
        }
    }
    EXPECT_GT(positions.size(), 100U) << "spread over the images";
}

/// Two layers, the second beside a path around it.
Graph residual_network(Rng& rng) {
    const Window same{3, 3, 1, 1, 1, 1, 1, 1};
    Graph graph{"residual", {2, 5, 5}, {}};
    graph.nodes.push_back({"before", random_conv(rng, 1, 2, 3, same), {0}, {}});
    graph.nodes.push_back({"beside", random_conv(rng, 1, 3, 3, same), {1}, {}});
    graph.nodes.push_back({"sum", Add{}, {1, 2}, {}});
    infer_shapes(graph);
    return graph;
}

TEST(CalibrationRunTest, SamplesHaveTheMappedNetworksInputsAndWantTheFloatNetworksOutputs) {
    Rng rng = make_rng(1, "residual");
    const Graph graph = residual_network(rng);
    const Tensor images = random_tensor(rng, {8, 2, 5, 5});
    const auto samples_when_off_by = [&](float off) {
        CalibrationRun run(graph, images);
        Tensor output = FloatEngine().apply(0, graph.nodes[0], images, 0);
        for (std::size_t i = 0; i < output.size(); ++i) output.data[i] += i % 25 == 7 ? off : 0.0F;
        run.correct(std::move(output), {{}, {1, 1, 1}, {0, 0, 0}});
        const ActivationQuant quant{0.02F, 128, 1};
        return run.samples(256, quant, {1, 1, 1}, make_rng(3, "positions"));
    };
    const OutputSamples clean = samples_when_off_by(0.0F), off = samples_when_off_by(0.8F);
    EXPECT_NE(off.levels, clean.levels);
    EXPECT_EQ(off.wanted, clean.wanted);
}

TEST(CalibrationRunTest, OutputsThatNeverChangeKeepTheirScale) {
    Rng rng = make_rng(1, "constant");
    const Graph graph = residual_network(rng);
    const Tensor images = random_tensor(rng, {9, 2, 5, 5});
    CalibrationRun run(graph, images);
    const Tensor exact = FloatEngine().apply(0, graph.nodes[0], images, 0);
    Tensor output(exact.shape);
    for (float& value : output.data) value = -1.7F; // whose sums are not exact
    const LayerQuant quant = run.correct(std::move(output), {{}, {6, 6, 6}, {10, 10, 10}});
    EXPECT_EQ(quant.weight_scale, std::vector<float>(3, 6.0F));
    for (const float bias : quant.bias) EXPECT_LT(std::abs(bias), 20.0F) << "moved to the wanted mean";
}

TEST(CalibrationRunTest, CorrectedOutputsHaveTheWantedMoments) {
    Rng rng = make_rng(1, "moments");
    const Graph graph = residual_network(rng);
    const Tensor images = random_tensor(rng, {8, 2, 5, 5});
    CalibrationRun run(graph, images);
    const Tensor exact = FloatEngine().apply(0, graph.nodes[0], images, 0);
    Tensor output = exact;
    for (float& value : output.data) value = 3.0F * value + 5.0F;
    const LayerQuant quant = run.correct(std::move(output), {{}, {6, 6, 6}, {10, 10, 10}});
    for (std::size_t c = 0; c < 3; ++c) {
        EXPECT_NEAR(quant.weight_scale[c], 2.0, 1e-4);
        EXPECT_NEAR(quant.bias[c], 5.0 / 3.0, 1e-3) << "(10 - 5) / 3";
    }
    for (std::size_t i = 0; i < exact.size(); ++i) EXPECT_NEAR(run.mapped_input().data[i], exact.data[i], 1e-4);
}

} // namespace
} // namespace veilram::test
