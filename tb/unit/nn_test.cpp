// Graphs, their shapes, and float inference against literal definitions.
#include "models/base/diagnostics.hpp"
#include "models/nn/infer.hpp"
#include "tb/unit/random_nn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace veilram::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kSeeds = 40;

float at(const Tensor& t, std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
    return t.data[((n * t.dim(1) + c) * t.dim(2) + y) * t.dim(3) + x];
}
/// Nothing outside the image.
std::optional<float> sample(const Tensor& t, std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
    if (y < 0 || y >= t.dim(2) || x < 0 || x >= t.dim(3)) return std::nullopt;
    return at(t, n, c, y, x);
}

Tensor run_op(const Op& op, const Tensor& input) {
    const Node node{"node", op, {0}, {}};
    FloatEngine engine;
    return is_matrix(op) ? engine.apply(0, node, input, 0) : digital(node, {&input});
}

template <class Check> void for_every_output(const Tensor& out, Check check) {
    for (std::int64_t n = 0; n < out.dim(0); ++n)
        for (std::int64_t c = 0; c < out.dim(1); ++c)
            for (std::int64_t y = 0; y < out.dim(2); ++y)
                for (std::int64_t x = 0; x < out.dim(3); ++x) check(n, c, y, x, at(out, n, c, y, x));
}

std::string complaint(const Graph& graph) {
    Graph copy = graph;
    try {
        infer_shapes(copy);
    } catch (const UserError& e) {
        return e.what();
    }
    return "";
}

Graph single(const Op& op, const Shape& in_shape) { return {"net", in_shape, {{"odd one", op, {0}, {}}}}; }

TEST(Tensor, CountsAndNamesItsShape) {
    EXPECT_EQ(element_count({1, 28, 28}), 784);
    EXPECT_EQ(element_count({}), 1);
    EXPECT_EQ(to_string(Shape{1, 28, 28}), "1x28x28");
    EXPECT_EQ(Tensor(Shape{2, 3}).size(), 6U);
}

TEST(Window, CountsEveryPositionThatFits) {
    for (int seed = 0; seed < kSeeds; ++seed) {
        Rng rng = make_rng(seed, "window");
        Window w = random_window(rng);
        const int extent = pick(rng, 6, 12);
        int fit = 0, start_inside = 0;
        for (int start = -w.pad_top; start < extent; start += w.stride_h, ++start_inside)
            if (start + w.dilation_h * (w.kernel_h - 1) < extent + w.pad_bottom) ++fit;
        EXPECT_EQ(w.out_h(extent), fit);
        const bool rest = (extent + w.pad_top + w.pad_bottom - w.dilation_h * (w.kernel_h - 1) - 1) % w.stride_h != 0;
        w.ceil_mode = true;
        EXPECT_EQ(w.out_h(extent), std::min(fit + (rest ? 1 : 0), start_inside));
    }
    EXPECT_EQ((Window{7, 7}.out_h(6)), 0);
}

TEST(Graph, MatrixNodesAreConvAndDenseWithOneMatrixPerGroup) {
    Rng rng = make_rng(1, "graph");
    const Graph graph = random_graph(rng);
    std::vector<std::string> names;
    for (const std::size_t i : matrix_nodes(graph)) names.push_back(graph.nodes[i].name);
    EXPECT_EQ(names, (std::vector<std::string>{"stem", "grouped", "hidden", "logits"}));
    const MatrixShape grouped = matrix_shape(graph.nodes[matrix_nodes(graph)[1]].op);
    EXPECT_EQ(grouped.groups, 2);
    EXPECT_EQ(grouped.inputs, 2 * 3 * 3);
    EXPECT_EQ(grouped.outputs, 2);
    EXPECT_EQ(op_name(graph.nodes[0].op), "batch_norm");
    EXPECT_THROW(matrix_shape(Relu{}), ModelError);
}

TEST(Graph, ShapeMistakesNameTheNodeAndBothShapes) {
    Rng rng = make_rng(1, "shapes");
    const Window w{3, 3};
    EXPECT_THAT(complaint(single(random_conv(rng, 1, 3, 8, w), {4, 8, 8})),
                AllOf(HasSubstr("'odd one' (conv)"), HasSubstr("8x3x3x3"), HasSubstr("4x8x8")));
    EXPECT_THAT(complaint(single(random_conv(rng, 1, 3, 8, w), {3, 2, 8})), HasSubstr("does not fit"));
    EXPECT_THAT(complaint(single(Dense{random_tensor(rng, {10, 84}), {}}, {85})),
                AllOf(HasSubstr("(dense)"), HasSubstr("10x84"), HasSubstr("got 85")));
    EXPECT_THAT(complaint(single(Dense{random_tensor(rng, {10, 84}), {1.0F}}, {84})),
                HasSubstr("1 biases, expected 10"));
    EXPECT_THAT(complaint(single(random_norm(rng, 3), {4, 8, 8})), AllOf(HasSubstr("3 channels"), HasSubstr("4x8x8")));
    EXPECT_THAT(complaint(single(MaxPool{Window{2, 2, 0, 1}}, {4, 8, 8})), HasSubstr("outside 1.."));
    EXPECT_THAT(complaint(single(MaxPool{Window{2, 2, 1, 1, 2}}, {4, 8, 8})), HasSubstr("padding as large"));
    EXPECT_THAT(complaint(single(Slice{{0, 0, 0, 9}, {1, 4, 8, 8}, {1, 1, 1, 1}}, {4, 8, 8})),
                AllOf(HasSubstr("9:8:1"), HasSubstr("4x8x8")));
    EXPECT_THAT(complaint(single(Pad{{1, 0, 0, 0}, {0, 0, 0, 0}}, {4, 8, 8})), HasSubstr("batch"));
    EXPECT_THAT(complaint(single(Add{}, {4, 8, 8})), HasSubstr("2 operands, got 1"));
    EXPECT_THAT(complaint({"empty", {1}, {}}), HasSubstr("'empty' has no nodes"));

    Graph residual = single(MaxPool{Window{2, 2, 2, 2}}, {4, 8, 8});
    residual.nodes.push_back({"meet", Add{}, {0, 1}, {}});
    EXPECT_THAT(complaint(residual), AllOf(HasSubstr("'meet' (add)"), HasSubstr("4x8x8"), HasSubstr("4x4x4")));
    residual.nodes[0].inputs = {2};
    EXPECT_THAT(complaint(residual), HasSubstr("computed later"));
}

TEST(FoldBatchNorm, KeepsTheFunctionAndOnlyTheNormsThatNeedToStay) {
    for (int seed = 0; seed < kSeeds; ++seed) {
        Rng rng = make_rng(seed, "fold");
        const Graph graph = random_graph(rng), folded = fold_batch_norm(graph);
        std::vector<std::string> norms;
        for (const Node& node : folded.nodes)
            if (std::holds_alternative<BatchNorm>(node.op)) norms.push_back(node.name);
        ASSERT_EQ(norms, (std::vector<std::string>{"input_norm", "shared_norm"}));
        FloatEngine engine;
        const Tensor images = random_tensor(rng, {3, 3, 9, 9});
        const Tensor before = infer(graph, images, engine), after = infer(folded, images, engine);
        for (std::size_t i = 0; i < before.size(); ++i)
            ASSERT_NEAR(before.data[i], after.data[i], 1e-4 * (1.0 + std::abs(before.data[i])));
    }
}

TEST(FloatEngine, ConvIsTheSumOverItsTaps) {
    for (int seed = 0; seed < kSeeds; ++seed) {
        Rng rng = make_rng(seed, "conv");
        const int groups = pick(rng, 1, 3), channels = pick(rng, 1, 3), outputs = pick(rng, 1, 4);
        const Conv conv = random_conv(rng, groups, channels, outputs, random_window(rng));
        const Tensor in = random_tensor(rng, {2, groups * channels, pick(rng, 6, 9), pick(rng, 6, 9)});
        const Window& w = conv.window;
        for_every_output(run_op(conv, in), [&](auto n, auto o, auto y, auto x, float got) {
            double sum = conv.bias[o];
            for (int c = 0; c < channels; ++c)
                for (int ky = 0; ky < w.kernel_h; ++ky)
                    for (int kx = 0; kx < w.kernel_w; ++kx)
                        sum += static_cast<double>(at(conv.weight, o, c, ky, kx)) *
                               sample(in, n, o / outputs * channels + c, y * w.stride_h - w.pad_top + ky * w.dilation_h,
                                      x * w.stride_w - w.pad_left + kx * w.dilation_w)
                                   .value_or(0.0F);
            ASSERT_NEAR(got, sum, 1e-5);
        });
    }
}

TEST(FloatEngine, DenseIsTheSumOverItsInputs) {
    Rng rng = make_rng(1, "dense");
    const Dense dense{random_tensor(rng, {7, 11}), random_floats(rng, 7)};
    const Tensor in = random_tensor(rng, {3, 11}), out = run_op(dense, in);
    ASSERT_EQ(out.shape, (Shape{3, 7}));
    for (int n = 0; n < 3; ++n)
        for (int o = 0; o < 7; ++o) {
            double sum = dense.bias[o];
            for (int k = 0; k < 11; ++k)
                sum += static_cast<double>(dense.weight.data[o * 11 + k]) * in.data[n * 11 + k];
            EXPECT_NEAR(out.data[n * 7 + o], sum, 1e-5);
        }
}

/// Values of one window of the image, and how many places it has with the padding but not beyond it.
std::pair<std::vector<float>, int> window_values(const Tensor& in, const Window& w, std::int64_t n, std::int64_t c,
                                                 std::int64_t y, std::int64_t x) {
    std::vector<float> values;
    int places = 0;
    for (int ky = 0; ky < w.kernel_h; ++ky)
        for (int kx = 0; kx < w.kernel_w; ++kx) {
            const std::int64_t row = y * w.stride_h - w.pad_top + ky * w.dilation_h;
            const std::int64_t column = x * w.stride_w - w.pad_left + kx * w.dilation_w;
            if (const auto v = sample(in, n, c, row, column)) values.push_back(*v);
            if (row < in.dim(2) + w.pad_bottom && column < in.dim(3) + w.pad_right) ++places;
        }
    return {values, places};
}

TEST(Pools, AreTheLargestAndTheMeanOfTheirWindowInEveryMode) {
    for (int seed = 0; seed < 4 * kSeeds; ++seed) {
        Rng rng = make_rng(seed, "pools");
        Window w = random_window(rng);
        w.ceil_mode = pick(rng, 0, 1) == 1;
        const Tensor in = random_tensor(rng, {2, 2, pick(rng, 6, 9), pick(rng, 6, 9)});
        const bool include_pad = pick(rng, 0, 1) == 1;
        for_every_output(run_op(MaxPool{w}, in), [&](auto n, auto c, auto y, auto x, float got) {
            const std::vector<float> values = window_values(in, w, n, c, y, x).first;
            ASSERT_FALSE(values.empty());
            ASSERT_EQ(got, *std::max_element(values.begin(), values.end())) << "seed " << seed;
        });
        for_every_output(run_op(AveragePool{w, include_pad}, in), [&](auto n, auto c, auto y, auto x, float got) {
            const auto [values, places] = window_values(in, w, n, c, y, x);
            double sum = 0.0;
            for (const float v : values) sum += v;
            ASSERT_NEAR(got, sum / (include_pad ? places : static_cast<int>(values.size())), 1e-6) << "seed " << seed;
        });
    }
}

TEST(Digital, PadSliceNormAndMeanFollowTheirDefinitions) {
    for (int seed = 0; seed < kSeeds; ++seed) {
        Rng rng = make_rng(seed, "digital");
        const Tensor in = random_tensor(rng, {2, 3, 6, 7});
        Pad pad{{0, 0, 0, 0}, {0, 0, 0, 0}, 0.25F};
        Slice slice{{0, 0, 0, 0}, {1, 3, 6, 7}, {1, 1, 1, 1}};
        for (std::size_t d = 1; d < 4; ++d) {
            pad.before[d] = pick(rng, 0, 2), pad.after[d] = pick(rng, 0, 2);
            slice.start[d] = pick(rng, 0, 2), slice.step[d] = pick(rng, 1, 3);
        }
        for_every_output(run_op(pad, in), [&](auto n, auto c, auto y, auto x, float got) {
            const std::int64_t channel = c - pad.before[1];
            const bool inside = channel >= 0 && channel < 3;
            const auto v = inside ? sample(in, n, channel, y - pad.before[2], x - pad.before[3]) : std::nullopt;
            ASSERT_EQ(got, v.value_or(0.25F));
        });
        for_every_output(run_op(slice, in), [&](auto n, auto c, auto y, auto x, float got) {
            ASSERT_EQ(got, at(in, n, slice.start[1] + c * slice.step[1], slice.start[2] + y * slice.step[2],
                              slice.start[3] + x * slice.step[3]));
        });
        const BatchNorm norm = random_norm(rng, 3);
        for_every_output(run_op(norm, in), [&](auto n, auto c, auto y, auto x, float got) {
            const double unit = (at(in, n, c, y, x) - norm.mean[c]) / std::sqrt(norm.variance[c] + norm.epsilon);
            ASSERT_NEAR(got, unit * norm.gamma[c] + norm.beta[c], 1e-5);
        });
        for_every_output(run_op(GlobalAveragePool{}, in), [&](auto n, auto c, auto, auto, float got) {
            double sum = 0.0;
            for (int i = 0; i < 42; ++i) sum += in.data[(n * 3 + c) * 42 + i];
            ASSERT_NEAR(got, sum / 42, 1e-6);
        });
    }
}

TEST(Digital, ConcatAndClipFollowTheirDefinitions) {
    for (int seed = 0; seed < kSeeds; ++seed) {
        Rng rng = make_rng(seed, "concat");
        const Tensor a = random_tensor(rng, {2, 3, 4, 5}), b = random_tensor(rng, {2, 1, 4, 5});
        for_every_output(digital({"concat", Concat{}, {1, 2, 1}, {}}, {&a, &b, &a}),
                         [&](auto n, auto c, auto y, auto x, float got) {
                             ASSERT_EQ(got, c == 3 ? at(b, n, 0, y, x) : at(a, n, c < 3 ? c : c - 4, y, x));
                         });
        for_every_output(run_op(Clip{-0.25F, 0.5F}, a), [&](auto n, auto c, auto y, auto x, float got) {
            const float v = at(a, n, c, y, x);
            ASSERT_EQ(got, v < -0.25F ? -0.25F : v > 0.5F ? 0.5F : v);
        });
    }
}

TEST(Shapes, ConcatNeedsOperandsThatDifferInChannelsOnly) {
    const auto shape = [](const std::vector<Shape>& inputs) {
        return output_shape({"join", Concat{}, {}, {}}, inputs);
    };
    EXPECT_EQ(shape({{2, 4, 5}, {3, 4, 5}, {1, 4, 5}}), (Shape{6, 4, 5}));
    EXPECT_EQ(shape({{7}, {2}}), (Shape{9}));
    EXPECT_THROW(shape({{2, 4, 5}, {3, 4, 6}}), UserError);
    EXPECT_THROW(shape({{2, 4, 5}, {40}}), UserError);
    EXPECT_THROW(shape({}), UserError);
}

TEST(Digital, RefusesMatrixNodes) {
    Rng rng = make_rng(1, "refuse");
    const Tensor in = random_tensor(rng, {1, 4});
    EXPECT_THROW(digital({"fc", Dense{random_tensor(rng, {2, 4}), {}}, {0}, {}}, {&in}), ModelError);
}

TEST(Infer, GivesEveryImageTheSameBitsInAnyBatch) {
    Rng rng = make_rng(3, "batch");
    const Graph graph = random_graph(rng);
    const Tensor images = random_tensor(rng, {5, 3, 9, 9});
    FloatEngine engine;
    const Tensor together = infer(graph, images, engine);
    ASSERT_EQ(together.shape, (Shape{5, 3}));
    const std::size_t size = 3 * 9 * 9;
    for (std::size_t i = 0; i < 5; ++i) {
        const auto from = images.data.begin() + static_cast<std::ptrdiff_t>(i * size);
        const Tensor alone = infer(graph, Tensor({1, 3, 9, 9}, {from, from + size}), engine);
        EXPECT_TRUE(std::equal(alone.data.begin(), alone.data.end(), together.data.begin() + i * 3));
    }
}

TEST(Infer, RefusesImagesOfAnotherShape) {
    Rng rng = make_rng(3, "wrong");
    const Graph graph = random_graph(rng);
    FloatEngine engine;
    try {
        infer(graph, Tensor({2, 3, 9, 8}), engine);
        FAIL() << "accepted";
    } catch (const UserError& e) {
        EXPECT_THAT(e.what(), AllOf(HasSubstr("3x9x9"), HasSubstr("2x3x9x8")));
    }
}

TEST(Argmax, TakesTheLowestIndexOfATie) {
    EXPECT_EQ(argmax(Tensor({3, 3}, {1, 2, 2, 5, 5, 5, -3, -2, -1})), (std::vector<int>{1, 0, 2}));
}

} // namespace
} // namespace veilram::test
