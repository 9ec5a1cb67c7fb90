#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/nn/onnx.hpp"
#include "models/nn/quantiser_text.hpp"

#include <onnx/onnx_pb.h>

namespace veilram {
namespace {

constexpr int kIrVersion = 7; // the IR that belongs to operator set 13
constexpr int kOpset = 13;

std::string value_name(const Graph& graph, ValueId id) {
    if (id == 0) return "image";
    return id == graph.nodes.size() ? "logits" : "value_" + std::to_string(id);
}

void describe_value(onnx::ValueInfoProto& info, const std::string& name, const Shape& shape) {
    info.set_name(name);
    auto& type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    type.mutable_shape()->add_dim()->set_dim_param("N");
    for (const std::int64_t extent : shape) type.mutable_shape()->add_dim()->set_dim_value(extent);
}

/// Writes one node: its operator, attributes and the initializers it reads.
class NodeWriter {
public:
    NodeWriter(onnx::GraphProto& graph, const Node& node, std::string result)
        : graph_(graph), proto_(*graph.add_node()), node_(node), result_(std::move(result)) {
        proto_.set_name(node.name);
        proto_.add_output(result_);
    }
    void reads(const std::string& value) { proto_.add_input(value); }

    void operator()(const Conv& op) {
        proto_.set_op_type("Conv");
        floats("weight", op.weight.shape, op.weight.data);
        if (!op.bias.empty()) floats("bias", {static_cast<std::int64_t>(op.bias.size())}, op.bias);
        ints("dilations", {op.window.dilation_h, op.window.dilation_w});
        integer("group", op.groups);
        window(op.window);
    }
    void operator()(const Dense& op) {
        proto_.set_op_type("Gemm");
        floats("weight", op.weight.shape, op.weight.data);
        if (!op.bias.empty()) floats("bias", {static_cast<std::int64_t>(op.bias.size())}, op.bias);
        integer("transB", 1);
    }
    void operator()(const BatchNorm& op) {
        proto_.set_op_type("BatchNormalization");
        const Shape shape = {static_cast<std::int64_t>(op.gamma.size())};
        floats("gamma", shape, op.gamma);
        floats("beta", shape, op.beta);
        floats("mean", shape, op.mean);
        floats("variance", shape, op.variance);
        attribute("epsilon", onnx::AttributeProto::FLOAT).set_f(op.epsilon);
    }
    void operator()(const Relu&) { proto_.set_op_type("Relu"); }
    void operator()(const Clip& op) {
        proto_.set_op_type("Clip");
        floats("low", {}, {op.low});
        floats("high", {}, {op.high});
    }
    void operator()(const MaxPool& op) {
        proto_.set_op_type("MaxPool");
        ints("dilations", {op.window.dilation_h, op.window.dilation_w});
        integer("ceil_mode", op.window.ceil_mode ? 1 : 0);
        window(op.window);
    }
    void operator()(const AveragePool& op) {
        if (op.window.dilation_h != 1 || op.window.dilation_w != 1)
            throw UserError("node '" + node_.name +
                            "' (average_pool): operator set 13 has no dilation of an average pool");
        proto_.set_op_type("AveragePool");
        integer("ceil_mode", op.window.ceil_mode ? 1 : 0);
        integer("count_include_pad", op.count_include_pad ? 1 : 0);
        window(op.window);
    }
    void operator()(const GlobalAveragePool&) { proto_.set_op_type("GlobalAveragePool"); }
    void operator()(const Add&) { proto_.set_op_type("Add"); }
    void operator()(const Concat&) {
        proto_.set_op_type("Concat");
        integer("axis", 1);
    }
    void operator()(const Pad& op) {
        proto_.set_op_type("Pad");
        std::vector<std::int64_t> pads = op.before;
        pads.insert(pads.end(), op.after.begin(), op.after.end());
        indices("pads", pads);
        floats("constant", {}, {op.value});
    }
    void operator()(const Slice& op) { // from dimension 1 on: the batch is whole
        proto_.set_op_type("Slice");
        std::vector<std::int64_t> axes;
        for (std::size_t d = 1; d < op.start.size(); ++d) axes.push_back(static_cast<std::int64_t>(d));
        indices("starts", {op.start.begin() + 1, op.start.end()});
        indices("ends", {op.stop.begin() + 1, op.stop.end()});
        indices("axes", axes);
        indices("steps", {op.step.begin() + 1, op.step.end()});
    }
    void operator()(const Flatten&) {
        proto_.set_op_type("Flatten");
        integer("axis", 1);
    }

private:
    onnx::AttributeProto& attribute(const std::string& name, onnx::AttributeProto::AttributeType type) {
        onnx::AttributeProto& added = *proto_.add_attribute();
        added.set_name(name);
        added.set_type(type);
        return added;
    }
    void integer(const std::string& name, std::int64_t value) {
        attribute(name, onnx::AttributeProto::INT).set_i(value);
    }
    void ints(const std::string& name, const std::vector<std::int64_t>& values) {
        onnx::AttributeProto& added = attribute(name, onnx::AttributeProto::INTS);
        for (const std::int64_t value : values) added.add_ints(value);
    }
    void window(const Window& w) {
        ints("kernel_shape", {w.kernel_h, w.kernel_w});
        ints("strides", {w.stride_h, w.stride_w});
        ints("pads", {w.pad_top, w.pad_left, w.pad_bottom, w.pad_right});
    }
    onnx::TensorProto& initializer(const std::string& role, const Shape& shape, int type) {
        onnx::TensorProto& tensor = *graph_.add_initializer();
        tensor.set_name(result_ + "." + role);
        tensor.set_data_type(type);
        for (const std::int64_t extent : shape) tensor.add_dims(extent);
        proto_.add_input(tensor.name());
        return tensor;
    }
    void floats(const std::string& role, const Shape& shape, const std::vector<float>& data) {
        if (static_cast<std::int64_t>(data.size()) != element_count(shape))
            throw UserError("node '" + node_.name + "' has " + std::to_string(data.size()) + " values of " + role +
                            ", expected " + to_string(shape) + "; a network without weights cannot be exported");
        initializer(role, shape, onnx::TensorProto::FLOAT).set_raw_data(data.data(), data.size() * sizeof(float));
    }
    void indices(const std::string& role, const std::vector<std::int64_t>& data) {
        initializer(role, {static_cast<std::int64_t>(data.size())}, onnx::TensorProto::INT64)
            .set_raw_data(data.data(), data.size() * sizeof(std::int64_t));
    }

    onnx::GraphProto& graph_;
    onnx::NodeProto& proto_;
    const Node& node_;
    std::string result_;
};

onnx::ModelProto to_proto(const Graph& graph, const std::string& producer_note) {
    onnx::ModelProto model;
    model.set_ir_version(kIrVersion);
    model.set_producer_name("veilram");
    model.set_doc_string(producer_note);
    if (!graph.activations.empty()) {
        onnx::StringStringEntryProto& entry = *model.add_metadata_props();
        entry.set_key(kQuantisersKey);
        entry.set_value(encode_quantisers(graph.activations));
    }
    model.add_opset_import()->set_version(kOpset);
    onnx::GraphProto& proto = *model.mutable_graph();
    proto.set_name(graph.name);
    describe_value(*proto.add_input(), value_name(graph, 0), graph.in_shape);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const Node& node = graph.nodes[i];
        NodeWriter writer(proto, node, value_name(graph, i + 1));
        for (const ValueId id : node.inputs) writer.reads(value_name(graph, id));
        std::visit(writer, node.op);
    }
    describe_value(*proto.add_output(), value_name(graph, graph.nodes.size()), graph.shape_of(graph.nodes.size()));
    return model;
}

} // namespace

void export_onnx(const Graph& graph, const std::string& path, const std::string& producer_note) {
    Graph checked = graph;
    infer_shapes(checked);
    std::string content;
    if (!to_proto(checked, producer_note).SerializeToString(&content))
        throw UserError(path + ": network '" + graph.name + "' is larger than the 2 GiB an ONNX file can hold");
    write_file(path, content);
}

} // namespace veilram
