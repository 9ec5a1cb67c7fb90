// ONNX files that must be refused, with a message that helps.
#include "tb/unit/onnx_maker.hpp"
#include "tb/unit/random_nn.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <limits>

namespace veilram::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(OnnxImport, OneMessageListsAllUnsupportedOperatorsWithTheirNodes) {
    ModelMaker maker({2, 6, 6});
    maker.ints("pads", {8}, {0, 0, 1, 1, 0, 0, 1, 1});
    set(maker.node("Pad", {"x", "pads"}, "mirrored", "/mirror/Pad"), "mode", std::string("reflect"));
    set(maker.node("LRN", {"mirrored"}, "both", "/fire/Norm"), "size", std::int64_t{5});
    maker.node("Relu", {"both"}, "positive", "/relu/Relu");
    maker.node("NoSuchOperator", {"positive"}, "odd", "/odd/One");
    maker.node("Gather", {"odd", "pads"}, "picked", "/pick/Gather");
    maker.node("Relu", {"picked"}, "special", "/special").set_domain("com.example");
    maker.node("Softmax", {"special"}, "y", "/softmax/Softmax");
    EXPECT_THAT(maker.refusal(),
                AllOf(HasSubstr("made.onnx: 6 unsupported"), HasSubstr("Pad ('/mirror/Pad') mode=reflect"),
                      HasSubstr("LRN ('/fire/Norm')"), HasSubstr("NoSuchOperator ('/odd/One')"),
                      HasSubstr("Gather ('/pick/Gather')"), HasSubstr("Relu ('/special') of domain com.example"),
                      HasSubstr("Softmax ('/softmax/Softmax')"), Not(HasSubstr("/relu/Relu")),
                      HasSubstr("supported are")));
}

TEST(OnnxImport, RefusesModelsItWouldMisread) {
    Rng rng = make_rng(1, "models");
    const auto relu = [] {
        ModelMaker maker({4});
        maker.node("Relu", {"x"}, "y");
        return maker;
    };
    ModelMaker maker = relu();
    maker.model.mutable_opset_import(0)->set_version(18);
    EXPECT_THAT(maker.refusal(), HasSubstr("operator set 18"));
    maker = relu();
    *maker.graph().add_input() = maker.graph().input(0);
    maker.graph().mutable_input(1)->set_name("x2");
    EXPECT_THAT(maker.refusal(), AllOf(HasSubstr("'x'"), HasSubstr("'x2'")));
    maker = relu();
    maker.graph()
        .mutable_input(0)
        ->mutable_type()
        ->mutable_tensor_type()
        ->mutable_shape()
        ->mutable_dim(1)
        ->set_dim_param("n");
    EXPECT_THAT(maker.refusal(), HasSubstr("dimension 1"));
    maker = relu();
    maker.graph().mutable_output(0)->set_name("x");
    EXPECT_THAT(maker.refusal(), HasSubstr("output 'x'"));
    maker = relu();
    *maker.graph().add_output() = maker.graph().output(0);
    EXPECT_THAT(maker.refusal(), HasSubstr("2 outputs"));
    maker = relu();
    maker.graph().mutable_node(0)->set_input(0, "nothing");
    EXPECT_THAT(maker.refusal(), HasSubstr("not a valid ONNX model"));

    ModelMaker dense({6});
    add_mat_mul(dense, random_tensor(rng, {6, 4}), random_tensor(rng, {4}));
    ModelMaker changed = dense;
    changed.graph().mutable_initializer(0)->set_float_data(3, std::numeric_limits<float>::quiet_NaN());
    EXPECT_THAT(changed.refusal(), HasSubstr("not finite"));
    changed = dense;
    changed.graph().mutable_initializer(0)->mutable_float_data()->RemoveLast();
    EXPECT_THAT(changed.refusal(), AllOf(HasSubstr("'w'"), HasSubstr("damaged")));
    changed = dense;
    changed.graph().mutable_initializer(0)->set_data_location(onnx::TensorProto::EXTERNAL);
    EXPECT_THAT(changed.refusal(), HasSubstr("another file"));
    changed = dense;
    changed.graph().mutable_initializer(0)->set_dims(0, std::int64_t{1} << 40);
    EXPECT_THAT(changed.refusal(), HasSubstr("made.onnx"));
    changed = dense;
    changed.graph().mutable_initializer(1)->set_dims(0, 5);
    EXPECT_THAT(changed.refusal(), HasSubstr("made.onnx"));
}

TEST(OnnxImport, ACycleIsRefused) {
    ModelMaker maker({4});
    maker.node("Add", {"x", "b"}, "a");
    maker.node("Relu", {"a"}, "b");
    maker.node("Relu", {"b"}, "y");
    EXPECT_THAT(maker.refusal(), AllOf(HasSubstr("made.onnx"), HasSubstr("not a valid ONNX model"), HasSubstr("'b'")));
}

TEST(OnnxImport, ABatchOfNoImagesIsRefused) {
    ModelMaker maker({4});
    maker.node("Relu", {"x"}, "y");
    maker.graph()
        .mutable_input(0)
        ->mutable_type()
        ->mutable_tensor_type()
        ->mutable_shape()
        ->mutable_dim(0)
        ->set_dim_value(0);
    EXPECT_THAT(maker.refusal(), AllOf(HasSubstr("made.onnx"), HasSubstr("'x'"), HasSubstr("dimension 0")));
}

TEST(OnnxImport, MissingEmptyAndForeignFilesAreNamed) {
    const std::string path = temporary("bad.onnx");
    for (const std::string content : {"", "not a model", "\x08\x07"}) {
        write_file(path, content);
        try {
            import_onnx(path);
            ADD_FAILURE() << "accepted '" << content << "'";
        } catch (const UserError& e) {
            EXPECT_THAT(e.what(), AllOf(HasSubstr(path), HasSubstr("ONNX")));
        }
    }
    std::filesystem::remove(path);
    try {
        import_onnx(path);
        ADD_FAILURE() << "accepted a missing file";
    } catch (const UserError& e) {
        EXPECT_THAT(e.what(), HasSubstr(path));
    }
}

TEST(OnnxImport, EveryTruncatedFileIsRefusedByName) {
    Rng rng = make_rng(1, "truncated");
    const std::string path = temporary("cut.onnx");
    export_onnx(random_graph(rng), path, "note");
    const std::string whole = read_file(path);
    for (std::size_t size = 0; size < whole.size(); size += 1 + size / 40) {
        write_file(path, whole.substr(0, size));
        try {
            import_onnx(path);
            ADD_FAILURE() << "accepted " << size << " of " << whole.size() << " bytes";
        } catch (const UserError& e) {
            EXPECT_THAT(e.what(), HasSubstr(path));
        }
    }
}

TEST(OnnxImport, DamagedFilesAreReadOrRefusedButNeverCrash) {
    Rng rng = make_rng(1, "damaged");
    const std::string path = temporary("damaged.onnx");
    export_onnx(random_graph(rng), path, "note");
    const std::string whole = read_file(path);
    int refused = 0;
    for (int trial = 0; trial < 400; ++trial) {
        std::string content = whole;
        for (int flips = pick(rng, 1, 3); flips > 0; --flips)
            content[static_cast<std::size_t>(pick(rng, 0, static_cast<int>(whole.size()) - 1))] =
                static_cast<char>(pick(rng, 0, 255));
        write_file(path, content);
        try {
            import_onnx(path);
        } catch (const UserError& e) {
            ++refused;
            ASSERT_THAT(e.what(), HasSubstr(path));
        }
    }
    EXPECT_GT(refused, 100);
}

} // namespace
} // namespace veilram::test
