// ONNX files in and out: real exporters' habits and round trips.
#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/nn/infer.hpp"
#include "models/nn/onnx.hpp"
#include "tb/unit/onnx_maker.hpp"
#include "tb/unit/random_nn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <limits>
#include <tuple>

namespace veilram::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> op_names(const Graph& graph) {
    std::vector<std::string> names;
    for (const Node& node : graph.nodes) names.push_back(op_name(node.op));
    return names;
}

auto fields(const Window& w) {
    return std::make_tuple(w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.pad_top, w.pad_left, w.pad_bottom,
                           w.pad_right, w.dilation_h, w.dilation_w, w.ceil_mode);
}
struct Same {
    bool operator()(const Conv& a, const Conv& b) const {
        return fields(a.window) == fields(b.window) && a.groups == b.groups && a.weight.shape == b.weight.shape &&
               a.weight.data == b.weight.data && a.bias == b.bias;
    }
    bool operator()(const Dense& a, const Dense& b) const {
        return a.weight.shape == b.weight.shape && a.weight.data == b.weight.data && a.bias == b.bias;
    }
    bool operator()(const BatchNorm& a, const BatchNorm& b) const {
        return a.gamma == b.gamma && a.beta == b.beta && a.mean == b.mean && a.variance == b.variance &&
               a.epsilon == b.epsilon;
    }
    bool operator()(const MaxPool& a, const MaxPool& b) const { return fields(a.window) == fields(b.window); }
    bool operator()(const AveragePool& a, const AveragePool& b) const {
        return fields(a.window) == fields(b.window) && a.count_include_pad == b.count_include_pad;
    }
    bool operator()(const Clip& a, const Clip& b) const { return a.low == b.low && a.high == b.high; }
    bool operator()(const Pad& a, const Pad& b) const {
        return a.before == b.before && a.after == b.after && a.value == b.value;
    }
    bool operator()(const Slice& a, const Slice& b) const {
        return a.start == b.start && a.stop == b.stop && a.step == b.step;
    }
    template <class A, class B> bool operator()(const A&, const B&) const { return std::is_same_v<A, B>; }
};

void expect_same(const Graph& a, const Graph& b) {
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.in_shape, b.in_shape);
    ASSERT_EQ(a.nodes.size(), b.nodes.size());
    for (std::size_t i = 0; i < a.nodes.size(); ++i) {
        EXPECT_EQ(a.nodes[i].name, b.nodes[i].name);
        EXPECT_EQ(a.nodes[i].inputs, b.nodes[i].inputs) << a.nodes[i].name;
        EXPECT_EQ(a.nodes[i].out_shape, b.nodes[i].out_shape) << a.nodes[i].name;
        EXPECT_TRUE(std::visit(Same{}, a.nodes[i].op, b.nodes[i].op)) << a.nodes[i].name;
    }
}

TEST(OnnxExport, ComesBackAsTheSameGraph) {
    for (int seed = 0; seed < 10; ++seed) {
        Rng rng = make_rng(seed, "round trip");
        Graph graph = random_graph(rng);
        graph.nodes[1].op = random_conv(rng, 1, 3, 4, Window{3, 3, 1, 1, 2, 2, 2, 2, 2, 2});
        graph.nodes[9].op = MaxPool{Window{3, 2, 2, 2, 0, 0, 2, 0, 2, 2}};
        infer_shapes(graph);
        const std::string path = temporary("graph.onnx");
        export_onnx(graph, path, "made by a test");
        expect_same(import_onnx(path), graph);
    }
}

TEST(OnnxExport, KeepsTheInputQuantisersOfATunedNetworkExactly) {
    Rng rng = make_rng(1, "quantisers");
    Graph graph = random_graph(rng);
    for (std::size_t i = 0; i < matrix_nodes(graph).size(); ++i)
        graph.activations.push_back({1.0F / static_cast<float>(3 + i), static_cast<int>(7 * i)});
    const std::string path = temporary("tuned.onnx");
    export_onnx(graph, path, "");
    const Graph back = import_onnx(path);
    ASSERT_EQ(back.activations.size(), graph.activations.size());
    for (std::size_t i = 0; i < back.activations.size(); ++i) {
        EXPECT_EQ(back.activations[i].scale, graph.activations[i].scale);
        EXPECT_EQ(back.activations[i].zero, graph.activations[i].zero);
    }
    graph.activations.pop_back();
    export_onnx(graph, path, "");
    EXPECT_THROW(import_onnx(path), UserError) << "one quantiser per matrix layer";
}

TEST(OnnxExport, WritesAnOpset13ModelWithDynamicBatchAndTheNoteAndTheSameBytesAgain) {
    Rng rng = make_rng(1, "header");
    const Graph graph = random_graph(rng);
    const std::string path = temporary("graph.onnx");
    export_onnx(graph, path, "veilram train --seed 1");
    onnx::ModelProto model;
    ASSERT_TRUE(model.ParseFromString(read_file(path)));
    EXPECT_EQ(model.opset_import(0).version(), 13);
    EXPECT_EQ(model.doc_string(), "veilram train --seed 1");
    EXPECT_TRUE(model.graph().input(0).type().tensor_type().shape().dim(0).has_dim_param());
    EXPECT_TRUE(model.graph().output(0).type().tensor_type().shape().dim(0).has_dim_param());
    EXPECT_EQ(model.graph().output(0).type().tensor_type().shape().dim(1).dim_value(), 3);
    const std::string first = read_file(path);
    export_onnx(graph, path, "veilram train --seed 1");
    EXPECT_EQ(read_file(path), first);
}

TEST(OnnxExport, RefusesWhatCannotBeWrittenAndLeavesNothing) {
    Rng rng = make_rng(1, "refused");
    Graph graph = random_graph(rng);
    EXPECT_THROW(export_onnx(graph, temporary("no/such/folder/graph.onnx"), ""), UserError);
    std::get<Dense>(graph.nodes.back().op).weight.data.clear();
    const std::string path = temporary("graph.onnx");
    std::filesystem::remove(path);
    EXPECT_THROW(export_onnx(graph, path, ""), UserError);
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(OnnxImport, RealNetworksSurviveARoundTrip) {
    const char* data = std::getenv("VEILRAM_DATA");
    const std::string real = std::string(data == nullptr ? "" : data) + "/models/cifar10_resnet20.onnx";
    if (!std::filesystem::exists(real)) GTEST_SKIP() << "needs " << real;
    const Graph graph = import_onnx(real);
    const std::string path = temporary("resnet20.onnx");
    export_onnx(graph, path, "");
    expect_same(import_onnx(path), graph);
}

TEST(OnnxImport, MatMulAndAddAreOneDenseLayerWithoutDropoutAndIdentity) {
    Rng rng = make_rng(1, "matmul");
    const Tensor weight = random_tensor(rng, {6, 4}), bias = random_tensor(rng, {4});
    ModelMaker maker({6});
    add_mat_mul(maker, weight, bias);
    const Graph graph = maker.import();
    ASSERT_EQ(op_names(graph), (std::vector<std::string>{"dense"}));
    EXPECT_EQ(graph.nodes[0].name, "fc");
    const auto& dense = std::get<Dense>(graph.nodes[0].op);
    EXPECT_EQ(dense.weight.shape, (Shape{4, 6}));
    EXPECT_EQ(dense.weight.data[1 * 6 + 5], weight.data[5 * 4 + 1]);
    EXPECT_EQ(dense.bias, bias.data);
}

/// LeNet-5 as PyTorch writes it (Flatten, Gemm) or as others do (Reshape, MatMul, Add).
ModelMaker lenet5(bool gemm) {
    Rng rng = make_rng(1, "lenet5");
    ModelMaker maker({1, 28, 28});
    const auto conv = [&](const std::string& in, const std::string& name, const Shape& shape, std::int64_t pad) {
        maker.floats(name + ".w", random_tensor(rng, shape));
        maker.floats(name + ".b", random_tensor(rng, {shape[0]}));
        set(maker.node("Conv", {in, name + ".w", name + ".b"}, name), "pads", Ints{pad, pad, pad, pad});
        maker.node("Relu", {name}, name + ".relu");
        onnx::NodeProto& pool = maker.node("MaxPool", {name + ".relu"}, name + ".pool");
        set(pool, "kernel_shape", Ints{2, 2});
        set(pool, "strides", Ints{2, 2});
    };
    const auto dense = [&](const std::string& in, const std::string& out, std::int64_t inputs, std::int64_t outputs) {
        maker.floats(out + ".w", random_tensor(rng, {inputs, outputs}));
        maker.floats(out + ".b", random_tensor(rng, {outputs}));
        if (gemm) {
            maker.node("Gemm", {in, out + ".w", out + ".b"}, out);
        } else {
            maker.node("MatMul", {in, out + ".w"}, out + ".product");
            maker.node("Add", {out + ".product", out + ".b"}, out);
        }
    };
    conv("x", "c1", {6, 1, 5, 5}, 2);
    conv("c1.pool", "c2", {16, 6, 5, 5}, 0);
    maker.ints("flat_shape", {2}, {0, -1});
    if (gemm)
        maker.node("Flatten", {"c2.pool"}, "flat");
    else
        maker.node("Reshape", {"c2.pool", "flat_shape"}, "flat");
    dense("flat", "f1", 400, 120);
    maker.node("Relu", {"f1"}, "f1.relu");
    dense("f1.relu", "f2", 120, 84);
    maker.node("Relu", {"f2"}, "f2.relu");
    dense("f2.relu", "y", 84, 10);
    return maker;
}

TEST(OnnxImport, LeNet5IsTheSameNetworkFromEitherKindOfExporter) {
    const Graph gemm = lenet5(true).import(), mat_mul = lenet5(false).import();
    const std::vector<std::string> expected = {"conv",    "relu",  "max_pool", "conv",  "relu", "max_pool",
                                               "flatten", "dense", "relu",     "dense", "relu", "dense"};
    EXPECT_EQ(op_names(gemm), expected);
    EXPECT_EQ(op_names(mat_mul), expected);
    Rng rng = make_rng(2, "digits");
    const Tensor images = random_tensor(rng, {3, 1, 28, 28});
    FloatEngine engine;
    const Tensor logits = infer(gemm, images, engine);
    EXPECT_EQ(logits.shape, (Shape{3, 10}));
    EXPECT_EQ(logits.data, infer(mat_mul, images, engine).data);
}

TEST(OnnxImport, ASumThatIsReadWithAndWithoutItsBiasIsRefused) {
    Rng rng = make_rng(1, "shared bias");
    ModelMaker maker({6});
    add_mat_mul(maker, random_tensor(rng, {6, 4}), random_tensor(rng, {4}));
    maker.graph().mutable_node(3)->set_output(0, "biased");
    maker.node("Add", {"biased", "product"}, "y");
    EXPECT_THAT(maker.refusal(), AllOf(HasSubstr("'product'"), HasSubstr("bias")));
}

TEST(OnnxImport, GemmFactorsAndOrderAreAppliedToTheWeights) {
    Rng rng = make_rng(1, "gemm");
    const Tensor weight = random_tensor(rng, {6, 4});
    ModelMaker maker({6});
    maker.floats("w", weight);
    maker.floats("c", Tensor({1, 4}, {1, 2, 3, 4}));
    onnx::NodeProto& gemm = maker.node("Gemm", {"x", "w", "c"}, "y");
    set(gemm, "alpha", 2.0F);
    set(gemm, "beta", 0.5F);
    const Graph graph = maker.import();
    const auto& dense = std::get<Dense>(graph.nodes.at(0).op);
    EXPECT_EQ(dense.weight.data[2 * 6 + 3], 2.0F * weight.data[3 * 4 + 2]);
    EXPECT_EQ(dense.bias, (std::vector<float>{0.5F, 1.0F, 1.5F, 2.0F}));
}

TEST(OnnxImport, FoldsTheSubGraphThatComputesAReshape) {
    // What an exporter makes of x.view(x.size(0), -1), with a detour through arithmetic.
    ModelMaker maker({2, 3, 4});
    maker.ints("zero", {}, {0});
    maker.ints("axes", {1}, {0});
    maker.ints("two", {1}, {2});
    maker.ints("minus_three", {1}, {-3});
    maker.node("Shape", {"x"}, "shape");
    maker.node("Gather", {"shape", "zero"}, "batch");
    maker.node("Unsqueeze", {"batch", "axes"}, "batches");
    maker.node("Add", {"two", "minus_three"}, "sum");
    set(maker.node("Cast", {"sum"}, "rest"), "to", std::int64_t{onnx::TensorProto::INT64});
    set(maker.node("Concat", {"batches", "rest"}, "target"), "axis", std::int64_t{0});
    maker.node("Relu", {"x"}, "positive");
    maker.node("Reshape", {"positive", "target"}, "y");
    const Graph graph = maker.import();
    EXPECT_EQ(op_names(graph), (std::vector<std::string>{"relu", "flatten"}));
    EXPECT_EQ(graph.nodes.back().out_shape, (Shape{24}));
}

TEST(OnnxImport, ReshapeThatChangesNothingDisappearsAndOthersAreRefused) {
    for (const auto& [target, expected] : std::vector<std::pair<Ints, std::string>>{
             {{0, 2, -1, 4}, ""},
             {{-1, 24}, ""},
             {{-1, 4, 3, 2}, "only flattening is supported, not from 1x2x3x4 to 1x4x3x2"},
             {{-1, 25}, "the reshape"},
             {{-1, -1}, "the reshape"}}) {
        ModelMaker maker({2, 3, 4});
        maker.ints("target", {static_cast<std::int64_t>(target.size())}, target);
        maker.node("Reshape", {"x", "target"}, "shaped", "the reshape");
        maker.node("Relu", {"shaped"}, "y");
        if (expected.empty())
            EXPECT_EQ(maker.import().nodes.size(), target.size() == 2 ? 2U : 1U);
        else
            EXPECT_THAT(maker.refusal(), AllOf(HasSubstr("made.onnx"), HasSubstr(expected)));
    }
}

TEST(OnnxImport, SliceAndPadTakeTheirNumbersFromConstantsOrAttributes) {
    constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
    ModelMaker modern({2, 6, 6});
    modern.ints("starts", {2}, {-5, 1});
    modern.ints("ends", {2}, {kEnd, -1});
    modern.ints("axes", {2}, {-1, 2});
    modern.ints("steps", {2}, {2, 1});
    modern.ints("pads", {8}, {0, 1, 0, 0, 0, 2, 0, 3});
    modern.floats("value", Tensor(Shape{}, {0.5F}));
    modern.node("Slice", {"x", "starts", "ends", "axes", "steps"}, "cut");
    modern.node("Pad", {"cut", "pads", "value"}, "y");
    const Graph graph = modern.import();
    EXPECT_TRUE(Same{}(std::get<Slice>(graph.nodes.at(0).op), Slice{{0, 0, 1, 1}, {1, 2, 5, 6}, {1, 1, 1, 2}}));
    EXPECT_TRUE(Same{}(std::get<Pad>(graph.nodes.at(1).op), Pad{{0, 1, 0, 0}, {0, 2, 0, 3}, 0.5F}));
    EXPECT_EQ(graph.nodes[1].out_shape, (Shape{5, 4, 6}));

    ModelMaker old({2, 6, 6}, 9);
    onnx::NodeProto& slice = old.node("Slice", {"x"}, "cut");
    set(slice, "starts", Ints{1});
    set(slice, "ends", Ints{100});
    set(slice, "axes", Ints{1});
    set(old.node("Pad", {"cut"}, "y"), "pads", Ints{0, 0, 1, 0, 0, 0, 1, 0});
    EXPECT_EQ(old.import().nodes.back().out_shape, (Shape{1, 8, 6}));
}

TEST(OnnxImport, ClipTakesItsBoundsFromConstantsOrAttributes) {
    ModelMaker modern({4});
    modern.floats("six", Tensor(Shape{}, {6.0F}));
    modern.node("Clip", {"x", "", "six"}, "y");
    constexpr float kLowest = std::numeric_limits<float>::lowest();
    EXPECT_TRUE(Same{}(std::get<Clip>(modern.import().nodes.at(0).op), Clip{kLowest, 6.0F}));

    ModelMaker old({4}, 9);
    onnx::NodeProto& clip = old.node("Clip", {"x"}, "y");
    set(clip, "min", 0.5F);
    set(clip, "max", 2.0F);
    EXPECT_TRUE(Same{}(std::get<Clip>(old.import().nodes.at(0).op), Clip{0.5F, 2.0F}));

    ModelMaker empty({4});
    empty.floats("low", Tensor(Shape{}, {2.0F}));
    empty.floats("high", Tensor(Shape{}, {1.0F}));
    empty.node("Clip", {"x", "low", "high"}, "y");
    EXPECT_THAT(empty.refusal(), HasSubstr("lower bound"));
}

TEST(OnnxImport, ConcatJoinsChannelsOfAnyNumberOfOperands) {
    ModelMaker maker({2, 3, 3});
    maker.node("Relu", {"x"}, "positive");
    set(maker.node("Concat", {"positive", "x", "positive"}, "y"), "axis", std::int64_t{-3});
    const Graph graph = maker.import();
    EXPECT_EQ(graph.nodes.back().inputs, (std::vector<ValueId>{1, 0, 1}));
    EXPECT_EQ(graph.nodes.back().out_shape, (Shape{6, 3, 3}));

    ModelMaker rows({2, 3, 3});
    rows.node("Relu", {"x"}, "positive");
    set(rows.node("Concat", {"positive", "x"}, "y"), "axis", std::int64_t{2});
    EXPECT_THAT(rows.refusal(), HasSubstr("only channels"));
}

TEST(OnnxImport, AutoPadKeepsTheImageSize) {
    Rng rng = make_rng(1, "same");
    for (const std::string rule : {"SAME_UPPER", "SAME_LOWER", "VALID"}) {
        ModelMaker maker({3, 7, 7});
        maker.floats("w", random_tensor(rng, {2, 3, 2, 3}));
        set(maker.node("Conv", {"x", "w"}, "y"), "auto_pad", rule);
        const Graph graph = maker.import();
        const Window& w = std::get<Conv>(graph.nodes.at(0).op).window;
        EXPECT_EQ(graph.nodes[0].out_shape, rule == "VALID" ? (Shape{2, 6, 5}) : (Shape{2, 7, 7}));
        EXPECT_EQ(w.pad_bottom, rule == "SAME_UPPER" ? 1 : 0);
        EXPECT_EQ(w.pad_top, rule == "SAME_LOWER" ? 1 : 0);
        EXPECT_EQ(w.pad_left, rule == "VALID" ? 0 : 1);
    }
}

TEST(OnnxImport, NodesTheOutputDoesNotNeedAreLeftOut) {
    ModelMaker maker({4});
    maker.node("Softmax", {"x"}, "dead");
    maker.node("Relu", {"x"}, "y");
    maker.node("Relu", {"y"}, "also dead");
    EXPECT_EQ(op_names(maker.import()), (std::vector<std::string>{"relu"}));
}

} // namespace
} // namespace veilram::test
