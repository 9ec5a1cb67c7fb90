// ONNX models as foreign exporters write them, node by node.
#pragma once

#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/nn/onnx.hpp"

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>
#include <vector>

namespace veilram::test {

using Ints = std::vector<std::int64_t>;

inline std::string temporary(const std::string& name) {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    return ::testing::TempDir() + "veilram_onnx_" + info->name() + "_" + name;
}

/// Writes ONNX models node by node; the input is "x", the output "y".
class ModelMaker {
public:
    explicit ModelMaker(const Ints& in_shape, int opset = 13) {
        model.set_ir_version(7);
        model.add_opset_import()->set_version(opset);
        graph().set_name("made");
        auto& type = *graph().add_input()->mutable_type()->mutable_tensor_type();
        graph().mutable_input(0)->set_name("x");
        type.set_elem_type(onnx::TensorProto::FLOAT);
        type.mutable_shape()->add_dim()->set_dim_param("batch");
        for (const std::int64_t extent : in_shape) type.mutable_shape()->add_dim()->set_dim_value(extent);
        graph().add_output()->set_name("y");
        auto& result = *graph().mutable_output(0)->mutable_type()->mutable_tensor_type();
        result.set_elem_type(onnx::TensorProto::FLOAT);
        result.mutable_shape(); // present, and wrong: the importer must not care what an exporter noted
    }
    onnx::GraphProto& graph() { return *model.mutable_graph(); }
    onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs, const std::string& output,
                          const std::string& name = "") {
        onnx::NodeProto& added = *graph().add_node();
        added.set_op_type(op);
        added.set_name(name.empty() ? output + "_node" : name);
        for (const std::string& input : inputs) added.add_input(input);
        added.add_output(output);
        return added;
    }
    void floats(const std::string& name, const Tensor& value) {
        onnx::TensorProto& tensor = initializer(name, value.shape, onnx::TensorProto::FLOAT);
        for (const float v : value.data) tensor.add_float_data(v);
    }
    void ints(const std::string& name, const Ints& shape, const Ints& data) {
        onnx::TensorProto& tensor = initializer(name, shape, onnx::TensorProto::INT64);
        for (const std::int64_t v : data) tensor.add_int64_data(v);
    }
    /// The imported model.
    Graph import() {
        const std::string path = temporary("made.onnx");
        write_file(path, model.SerializeAsString());
        return import_onnx(path);
    }
    std::string refusal() {
        try {
            import();
        } catch (const UserError& e) {
            return e.what();
        }
        return "";
    }

    onnx::ModelProto model;

private:
    onnx::TensorProto& initializer(const std::string& name, const Ints& shape, int type) {
        onnx::TensorProto& tensor = *graph().add_initializer();
        tensor.set_name(name);
        tensor.set_data_type(type);
        for (const std::int64_t extent : shape) tensor.add_dims(extent);
        return tensor;
    }
};

inline void set(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
    onnx::AttributeProto& a = *node.add_attribute();
    a.set_name(name);
    a.set_type(onnx::AttributeProto::INT);
    a.set_i(value);
}
inline void set(onnx::NodeProto& node, const std::string& name, float value) {
    onnx::AttributeProto& a = *node.add_attribute();
    a.set_name(name);
    a.set_type(onnx::AttributeProto::FLOAT);
    a.set_f(value);
}
inline void set(onnx::NodeProto& node, const std::string& name, const Ints& values) {
    onnx::AttributeProto& a = *node.add_attribute();
    a.set_name(name);
    a.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t v : values) a.add_ints(v);
}
inline void set(onnx::NodeProto& node, const std::string& name, const std::string& value) {
    onnx::AttributeProto& a = *node.add_attribute();
    a.set_name(name);
    a.set_type(onnx::AttributeProto::STRING);
    a.set_s(value);
}

/// x [6] -> Dropout -> Identity -> MatMul -> Add -> y [4]
inline void add_mat_mul(ModelMaker& maker, const Tensor& weight, const Tensor& bias) {
    maker.floats("w", weight);
    maker.floats("b", bias);
    maker.node("Dropout", {"x"}, "kept");
    maker.node("Identity", {"kept"}, "same");
    maker.node("MatMul", {"same", "w"}, "product", "fc");
    maker.node("Add", {"b", "product"}, "y");
}

} // namespace veilram::test
