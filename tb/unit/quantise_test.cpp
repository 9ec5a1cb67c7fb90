// Levels, magnitudes, calibration and the exact integer engine.
#include "models/base/diagnostics.hpp"
#include "models/nn/level_engine.hpp"
#include "models/nn/level_map.hpp"
#include "models/nn/walk.hpp"
#include "tb/unit/random_nn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace veilram::test {
namespace {

using ::testing::HasSubstr;

constexpr int kSeeds = 40;

double value_of(int level, const ActivationQuant& quant) {
    return static_cast<double>(quant.scale) * (level - quant.zero) / kLevels;
}

TEST(ToLevel, RoundsHalfToEvenAndSaturates) {
    const ActivationQuant unit{256.0F, 0}, shifted{256.0F, 101};
    EXPECT_EQ(to_level(0.5F, unit), 0);
    EXPECT_EQ(to_level(1.5F, unit), 2);
    EXPECT_EQ(to_level(2.5F, unit), 2);
    EXPECT_EQ(to_level(2.500001F, unit), 3);
    EXPECT_EQ(to_level(-0.5F, shifted), 101); // the tie is decided before the zero point is added
    EXPECT_EQ(to_level(-1.5F, shifted), 99);
    EXPECT_EQ(to_level(-3.0F, unit), 0);
    EXPECT_EQ(to_level(255.4F, unit), 255);
    EXPECT_EQ(to_level(1e30F, shifted), 255);
    EXPECT_EQ(to_level(-1e30F, shifted), 0);
    EXPECT_EQ(to_level(std::numeric_limits<float>::quiet_NaN(), unit), 0);
}

TEST(ToLevel, IsTheNearestOfAllLevelsAndInvertsThem) {
    for (int seed = 0; seed < kSeeds; ++seed) {
        Rng rng = make_rng(seed, "levels");
        const ActivationQuant quant{random_floats(rng, 1, 0.1F, 10.0F)[0], pick(rng, 0, 255)};
        for (int level = 0; level < kLevels; ++level)
            ASSERT_EQ(to_level(static_cast<float>(value_of(level, quant)), quant), level);
        for (const float x : random_floats(rng, 200, -8.0F, 8.0F)) {
            const double got = std::abs(value_of(to_level(x, quant), quant) - x);
            for (int level = 0; level < kLevels; ++level) ASSERT_LE(got, std::abs(value_of(level, quant) - x) + 1e-6);
        }
        ASSERT_EQ(to_level(0.0F, quant), quant.zero);
    }
}

TEST(QuantiseWeights, KeepsSignsUsesAllMagnitudesAndErrsByHalfAStep) {
    for (int seed = 0; seed < kSeeds; ++seed) {
        Rng rng = make_rng(seed, "weights");
        Conv conv = random_conv(rng, 2, 3, 4, Window{3, 3});
        for (std::size_t i = 0; i < 27; ++i) conv.weight.data[27 * 5 + i] = 0.0F; // output 5 is dead
        for (const WeightScale mode : {WeightScale::per_channel, WeightScale::per_tensor}) {
            const QuantWeights w = quantise_weights(conv, mode);
            ASSERT_EQ(w.q.size(), conv.weight.size());
            ASSERT_EQ(w.scale.size(), 8U);
            int largest = 0;
            for (int o = 0; o < 8; ++o) {
                int largest_of_output = 0;
                for (int k = 0; k < 27; ++k) {
                    const float real = conv.weight.data[o * 27 + k];
                    const int q = w.at(o, k);
                    ASSERT_LE(std::abs(w.scale[o] * q / 256.0 - real), w.scale[o] / 512.0 * (1 + 1e-6));
                    ASSERT_GE(static_cast<float>(q) * real, 0.0F);
                    largest_of_output = std::max(largest_of_output, std::abs(q));
                }
                if (mode == WeightScale::per_channel) {
                    ASSERT_EQ(largest_of_output, o == 5 ? 0 : kMaxLevel);
                }
                largest = std::max(largest, largest_of_output);
            }
            ASSERT_EQ(largest, kMaxLevel);
            const bool shared = std::all_of(w.scale.begin(), w.scale.end(), [&](float s) { return s == w.scale[0]; });
            ASSERT_EQ(shared, mode == WeightScale::per_tensor);
            if (!shared) {
                ASSERT_EQ(w.scale[5], 1.0F);
            }
        }
    }
}

TEST(QuantiseWeights, RoundsHalfToEvenOnBothSidesOfZero) {
    // s_w = 256: a weight is its own magnitude.
    const QuantWeights w = quantise_weights(Dense{Tensor({1, 5}, {255.0F, 0.5F, -0.5F, 1.5F, -2.5F}), {}}, {});
    EXPECT_EQ(w.q, (std::vector<std::int16_t>{255, 0, 0, 2, -2}));
}

TEST(QuantiseWeights, DeviationsHaveTheWantedRootMeanSquareAndStopAt127) {
    Rng rng = make_rng(1, "deviations");
    Dense dense{random_tensor(rng, {5, 400}, -1.0F, 1.0F), {}};
    for (std::size_t k = 0; k < 400; ++k) dense.weight.data[4 * 400 + k] = 0.0F;
    dense.weight.data[0] = 100.0F;
    const QuantWeights weights = quantise_to_deviation(dense, 20.0);
    for (int o = 0; o < 4; ++o) {
        double squares = 0.0;
        for (int k = 0; k < 400; ++k) {
            const double q = weights.at(o, k), value = dense.weight.data[static_cast<std::size_t>(o * 400 + k)];
            squares += q * q;
            if (o == 0 && k == 0) continue;
            const double unit = weights.scale[static_cast<std::size_t>(o)] / 256;
            EXPECT_NEAR(q * unit, value, 0.501 * unit);
        }
        if (o == 0) continue;
        EXPECT_NEAR(std::sqrt(squares / 400), 20.0, 0.1);
    }
    EXPECT_EQ(weights.at(0, 0), 127) << "an outlier is cut";
    EXPECT_EQ(weights.at(4, 7), 0);
    EXPECT_EQ(weights.scale[4], 1.0F);
}

TEST(QuantiseWeights, RefusesSumsThatOverflow) {
    EXPECT_NO_THROW(quantise_weights(Dense{Tensor({1, 33025}), {}}, {}));
    EXPECT_THROW(quantise_weights(Dense{Tensor({1, 33026}), {}}, {}), UserError);
}

/// A network that shows its images to one matrix layer.
Graph just_dense(Rng& rng, int inputs) {
    Graph g{"dense", {inputs}, {{"fc", Dense{random_tensor(rng, {2, inputs}), {}}, {0}, {}}}};
    infer_shapes(g);
    return g;
}

TEST(Calibrate, CoversWhatItSawWithZeroOnALevel) {
    for (int seed = 0; seed < kSeeds; ++seed) {
        Rng rng = make_rng(seed, "calibrate");
        const Graph graph = just_dense(rng, 10);
        const float low = random_floats(rng, 1, -3.0F, 1.0F)[0], high = low + random_floats(rng, 1, 0.1F, 5.0F)[0];
        const Tensor images = random_tensor(rng, {70, 10}, low, high);
        const auto [least, most] = std::minmax_element(images.data.begin(), images.data.end());
        const ActivationQuant q = calibrate(graph, images, QuantConfig{}).at(0);
        ASSERT_EQ(to_level(0.0F, q), q.zero);
        const double step = q.scale / 256.0;
        for (const float x : {*least, *most}) ASSERT_NEAR(value_of(to_level(x, q), q), x, step * 0.500001);
        if (*least >= 0.0F) {
            ASSERT_EQ(q.zero, 0);
            ASSERT_FLOAT_EQ(q.scale, *most * 256.0F / 255.0F);
        } else {
            const double span = std::max(*most, 0.0F) - *least;
            ASSERT_LE(step, span / 254.0 * 1.01); // a zero point costs at most about one level of range
        }
    }
}

TEST(Calibrate, HandlesInputsOfOneSignAndOfNoValue) {
    Rng rng = make_rng(1, "signs");
    const Graph graph = just_dense(rng, 4);
    const ActivationQuant nothing = calibrate(graph, Tensor({1, 4}), {}).at(0);
    EXPECT_EQ(nothing.scale, 1.0F);
    EXPECT_EQ(nothing.zero, 0);
    const ActivationQuant negative = calibrate(graph, Tensor({1, 4}, {-1, -2, -3, -5.1F}), {}).at(0);
    EXPECT_EQ(negative.zero, 255);
    EXPECT_EQ(to_level(-5.1F, negative), 0);
    const ActivationQuant lopsided = calibrate(graph, Tensor({1, 4}, {-1e-6F, 0, 1, 2}), {}).at(0);
    EXPECT_EQ(lopsided.zero, 1);
    EXPECT_EQ(to_level(2.0F, lopsided), 255);
}

TEST(Calibrate, FewBitsAreMultiplesOfAStepExceptForPixels) {
    Rng rng = make_rng(1, "bits");
    const Graph graph = random_graph(rng);
    const Tensor images = random_tensor(rng, {8, 3, 9, 9});
    const std::vector<std::size_t> nodes = matrix_nodes(graph);
    for (const int bits : {2, 4, 5, 8}) {
        QuantConfig config;
        config.activation_bits = bits;
        const auto quants = calibrate(graph, images, config);
        FloatEngine engine;
        std::vector<LevelCounts> counts_of;
        walk(graph, images, [&](const Node& node, const std::vector<const Tensor*>& inputs) {
            if (!is_matrix(node.op)) return digital(node, inputs);
            counts_of.push_back(count_levels(*inputs[0], quants.at(counts_of.size())));
            return engine.apply(0, node, *inputs[0], 0);
        });
        for (std::size_t l = 0; l < quants.size(); ++l) {
            const LevelCounts& counts = counts_of[l];
            const int step = sees_pixels(graph.nodes[nodes[l]]) ? 1 : 1 << (8 - bits);
            EXPECT_EQ(quants[l].step, step);
            EXPECT_EQ(quants[l].zero % step, 0);
            EXPECT_EQ(to_level(0.0F, quants[l]), quants[l].zero);
            std::size_t levels = 0;
            for (std::size_t level = 0; level < 256; ++level)
                for (const auto& channel : counts)
                    if (channel[level] > 0) {
                        EXPECT_EQ(level % static_cast<std::size_t>(step), 0U);
                        ++levels;
                        break;
                    }
            EXPECT_LE(levels, 256U / static_cast<std::size_t>(step));
        }
    }
}

TEST(Calibrate, PercentileIgnoresOutliersButNeverEverything) {
    Rng rng = make_rng(1, "percentile");
    const Graph graph = just_dense(rng, 1000);
    Tensor images = random_tensor(rng, {4, 1000}, 0.0F, 1.0F);
    images.data[17] = 50.0F;
    QuantConfig config;
    EXPECT_NEAR(calibrate(graph, images, config).at(0).scale, 50.0 * 256 / 255, 1e-4);
    config.activations = ActivationScale::percentile;
    config.percentile = 99.0;
    EXPECT_NEAR(calibrate(graph, images, config).at(0).scale, 0.99 * 256 / 255, 0.01);

    images = random_tensor(rng, {4, 1000}, -1.0F, 1.0F);
    images.data[3] = -80.0F;
    const ActivationQuant both = calibrate(graph, images, config).at(0);
    EXPECT_NEAR(both.scale, 0.98 * 2 * 256 / 255, 0.05);
    EXPECT_NEAR(both.zero, 127, 2);

    Tensor sparse({4, 1000});
    sparse.data[5] = 3.0F;
    EXPECT_NEAR(calibrate(graph, sparse, config).at(0).scale, 3.0 * 256 / 255, 1e-5);
}

TEST(Calibrate, UsesTheConfiguredNumberOfImagesAndDoesNotDependOnBatches) {
    Rng rng = make_rng(1, "count");
    const Graph graph = random_graph(rng);
    Tensor images = random_tensor(rng, {70, 3, 9, 9});
    for (std::size_t i = 40 * 243; i < images.size(); ++i) images.data[i] *= 10.0F;
    QuantConfig config;
    config.calibration_images = 40;
    const auto first = calibrate(graph, images, config);
    const Tensor same({40, 3, 9, 9}, {images.data.begin(), images.data.begin() + 40 * 243});
    const auto again = calibrate(graph, same, config);
    config.calibration_images = 41;
    const auto more = calibrate(graph, images, config);
    ASSERT_EQ(first.size(), 4U);
    for (std::size_t i = 0; i < first.size(); ++i) {
        EXPECT_EQ(first[i].scale, again[i].scale);
        EXPECT_EQ(first[i].zero, again[i].zero);
    }
    EXPECT_GT(more[0].scale, 2.0F * first[0].scale);
}

TEST(Calibrate, RefusesSettingsOutOfRange) {
    Rng rng = make_rng(1, "bad");
    const Graph graph = just_dense(rng, 4);
    QuantConfig config;
    EXPECT_THROW(calibrate(graph, Tensor({0, 4}), config), UserError);
    EXPECT_THROW(calibrate(graph, Tensor({1, 5}), config), UserError);
    EXPECT_THROW(calibrate(graph, Tensor({1, 4}, {1, 2, std::numeric_limits<float>::infinity(), 4}), config),
                 UserError);
    config.calibration_images = 0;
    EXPECT_THROW(calibrate(graph, Tensor({1, 4}), config), UserError);
    config = {};
    config.activations = ActivationScale::percentile;
    config.percentile = 100.5;
    EXPECT_THROW(calibrate(graph, Tensor({1, 4}), config), UserError);
}

TEST(MapLevels, PutsEveryTapWhereTheMatrixExpectsIt) {
    for (int seed = 0; seed < kSeeds; ++seed) {
        Rng rng = make_rng(seed, "patches");
        const int groups = pick(rng, 1, 3), channels = pick(rng, 1, 3), images = pick(rng, 1, 3);
        Conv conv = random_conv(rng, groups, channels, 2, random_window(rng));
        conv.weight.data.clear(); // a public program has none
        const Tensor in = random_tensor(rng, {images, groups * channels, pick(rng, 6, 9), pick(rng, 6, 9)});
        const ActivationQuant quant{2.0F, pick(rng, 0, 255)};
        const Window& w = conv.window;
        const int h = static_cast<int>(in.dim(2)), width = static_cast<int>(in.dim(3));
        for (int g = 0; g < groups; ++g) {
            const LevelMap levels = map_levels(conv, g, in, quant);
            ASSERT_EQ(levels.inputs(), channels * w.kernel_h * w.kernel_w);
            ASSERT_EQ(levels.positions(), static_cast<std::size_t>(images) * w.out_h(h) * w.out_w(width));
            std::size_t position = 0;
            for (int n = 0; n < images; ++n)
                for (int y = 0; y < w.out_h(h); ++y)
                    for (int x = 0; x < w.out_w(width); ++x, ++position)
                        for (int k = 0; k < levels.inputs(); ++k) {
                            const int c = k / (w.kernel_h * w.kernel_w);
                            const int row = y * w.stride_h - w.pad_top + k / w.kernel_w % w.kernel_h * w.dilation_h;
                            const int column = x * w.stride_w - w.pad_left + k % w.kernel_w * w.dilation_w;
                            const bool inside = row >= 0 && row < h && column >= 0 && column < width;
                            const int channel = (n * groups + g) * channels + c;
                            const int expected =
                                inside ? to_level(in.data[(channel * h + row) * width + column], quant) : quant.zero;
                            const auto input = static_cast<std::size_t>(k);
                            ASSERT_EQ(levels.at(position, input), expected) << "seed " << seed;
                            ASSERT_TRUE(levels.seen_by(input)[static_cast<std::size_t>(expected)]);
                        }
        }
    }
}

TEST(MapLevels, OfADenseLayerAreItsInputs) {
    Rng rng = make_rng(1, "dense");
    const Tensor in = random_tensor(rng, {3, 5});
    const Op op = Dense{random_tensor(rng, {2, 5}), {}};
    const LevelMap levels = map_levels(op, 0, in, {2.0F, 128});
    ASSERT_EQ(levels.positions(), 3U);
    for (std::size_t i = 0; i < 15; ++i) {
        EXPECT_EQ(levels.at(i / 5, i % 5), to_level(in.data[i], {2.0F, 128}));
        EXPECT_TRUE(levels.seen_by(i % 5)[levels.at(i / 5, i % 5)]);
    }
    EXPECT_THROW(map_levels(op, 1, in, {2.0F, 128}), ModelError);
}

/// The float network with weights and inputs moved to where quantisation puts them.
Tensor rounded_reference(const Node& node, const Tensor& input, const QuantWeights& w, const ActivationQuant& quant) {
    Node rounded = node;
    Tensor levels = input;
    for (float& v : levels.data) v = static_cast<float>(value_of(to_level(v, quant), quant));
    Tensor& weight =
        std::holds_alternative<Conv>(node.op) ? std::get<Conv>(rounded.op).weight : std::get<Dense>(rounded.op).weight;
    for (std::size_t i = 0; i < weight.size(); ++i)
        weight.data[i] = w.scale[i / static_cast<std::size_t>(w.shape.inputs)] * static_cast<float>(w.q[i]) / 256.0F;
    FloatEngine engine;
    return engine.apply(0, rounded, levels, 0);
}

TEST(ExactEngine, ComputesTheRoundedNetwork) {
    for (int seed = 0; seed < kSeeds; ++seed) {
        Rng rng = make_rng(seed, "exact");
        const int groups = pick(rng, 1, 3), channels = pick(rng, 1, 3);
        const bool dense = pick(rng, 0, 3) == 0;
        Node node{"node", {}, {0}, {}};
        Tensor in = random_tensor(rng, {3, groups * channels, 7, 8});
        std::vector<float> bias;
        if (dense) {
            in = random_tensor(rng, {3, 40});
            bias = random_floats(rng, 6);
            node.op = Dense{random_tensor(rng, {6, 40}), bias};
        } else {
            node.op = random_conv(rng, groups, channels, 4, random_window(rng));
            bias = std::get<Conv>(node.op).bias;
        }
        const QuantWeights w = quantise_weights(node.op, WeightScale::per_channel);
        const ActivationQuant quant{2.1F, pick(rng, 0, 255)};
        ExactEngine engine({{quant, w.scale, bias}}, {w});
        const Tensor got = engine.apply(0, node, in, 0), expected = rounded_reference(node, in, w, quant);
        ASSERT_EQ(got.shape, expected.shape);
        for (std::size_t i = 0; i < got.size(); ++i)
            ASSERT_NEAR(got.data[i], expected.data[i], 2e-5) << "seed " << seed;
        EXPECT_THROW(engine.apply(1, node, in, 0), ModelError);
    }
}

TEST(ExactEngine, FollowsTheFloatNetworkThroughAllOperations) {
    Rng rng = make_rng(5, "network");
    const Graph graph = fold_batch_norm(random_graph(rng));
    const Tensor images = random_tensor(rng, {30, 3, 9, 9});
    std::vector<LayerQuant> layers;
    std::vector<QuantWeights> weights;
    const auto inputs = calibrate(graph, images, {});
    for (const std::size_t i : matrix_nodes(graph)) {
        const Op& op = graph.nodes[i].op;
        weights.push_back(quantise_weights(op, WeightScale::per_channel));
        layers.push_back({inputs[layers.size()], weights.back().scale,
                          std::holds_alternative<Conv>(op) ? std::get<Conv>(op).bias : std::get<Dense>(op).bias});
    }
    FloatEngine reference;
    ExactEngine engine(layers, weights);
    const Tensor expected = infer(graph, images, reference), got = infer(graph, images, engine);
    double error = 0.0, power = 0.0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        error += std::pow(got.data[i] - expected.data[i], 2);
        power += std::pow(expected.data[i], 2);
    }
    EXPECT_LT(std::sqrt(error / power), 0.02);
    EXPECT_GT(error, 0.0);
}

TEST(Dequantise, FollowsItsFormulaForCountsAndForExactProducts) {
    // One image, two positions, outputs 2 and 3 of four; y = (acc - zero * sum * unit / 256) * s_w * s_x / (256 * unit)
    // + bias.
    const LayerQuant quant{{8.0F, 64}, {1.0F, 1.0F, 2.0F, 4.0F}, {0.0F, 0.0F, 0.5F, -1.0F}};
    const Accumulators acc{2, 2, {32, 64, 16, -16}};
    Tensor out({1, 4, 1, 2}, std::vector<float>(8, 9.0F));
    dequantise(acc, 1, 1, quant, {-8, 16}, out);
    EXPECT_EQ(out.data, (std::vector<float>{9, 9, 9, 9, (32 + 2) * 2.0F / 32 + 0.5F, (16 + 2) * 2.0F / 32 + 0.5F,
                                            (64 - 4) * 4.0F / 32 - 1.0F, (-16 - 4) * 4.0F / 32 - 1.0F}));
    const Accumulators fine{2, 2, {32 * 256, 64 * 256, 16 * 256, -16 * 256}};
    Tensor same({1, 4, 1, 2}, std::vector<float>(8, 9.0F));
    dequantise(fine, 1, 256, quant, {-8, 16}, same);
    EXPECT_EQ(same.data, out.data);
    EXPECT_THROW(dequantise(acc, 2, 1, quant, {-8, 16}, out), ModelError);
}

} // namespace
} // namespace veilram::test
