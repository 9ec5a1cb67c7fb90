#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/base/xz.hpp"
#include "models/nn/onnx.hpp"
#include "models/nn/onnx_attributes.hpp"
#include "models/nn/onnx_builder.hpp"
#include "models/nn/quantiser_text.hpp"

#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <set>

namespace veilram {
namespace {

using onnx::GraphProto;
using onnx::ModelProto;
using onnx::NodeProto;
using Nodes = std::vector<const NodeProto*>;

constexpr int kOldestOpset = 7, kNewestOpset = 17; // before 7, Add and BatchNormalization mean something else

ModelProto parse(const std::string& content) {
    ModelProto model;
    const bool fits = content.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max());
    if (content.empty() || !fits || !model.ParseFromString(content) || !model.has_graph())
        throw UserError("is not a complete ONNX model; it may be truncated, damaged or of another format");
    for (const onnx::TensorProto& tensor : model.graph().initializer())
        if (tensor.data_location() == onnx::TensorProto::EXTERNAL)
            throw UserError("tensor '" + tensor.name() +
                            "' lies in another file; save the model with its weights inside");
    return model;
}

void check_opset(const ModelProto& model) {
    for (const onnx::OperatorSetIdProto& opset : model.opset_import())
        if (opset.domain().empty() && (opset.version() < kOldestOpset || opset.version() > kNewestOpset))
            throw UserError("uses operator set " + std::to_string(opset.version()) + ", expected " +
                            std::to_string(kOldestOpset) + " to " + std::to_string(kNewestOpset) +
                            "; export it with opset_version=13");
}

/// The nodes the output depends on, in the model's order.
Nodes needed_nodes(const GraphProto& graph, const std::string& output) {
    std::set<std::string> needed = {output};
    Nodes nodes;
    for (int i = graph.node_size(); i-- > 0;) {
        const NodeProto& node = graph.node(i);
        if (std::none_of(node.output().begin(), node.output().end(),
                         [&](const std::string& name) { return needed.count(name) == 1; }))
            continue;
        needed.insert(node.input().begin(), node.input().end());
        nodes.push_back(&node);
    }
    std::reverse(nodes.begin(), nodes.end());
    return nodes;
}

/// The one input that is not an initializer: files of old exporters list those as inputs, too.
onnx::ValueInfoProto& image_input(GraphProto& graph) {
    std::set<std::string> initialized;
    for (const onnx::TensorProto& tensor : graph.initializer()) initialized.insert(tensor.name());
    onnx::ValueInfoProto* image = nullptr;
    for (onnx::ValueInfoProto& input : *graph.mutable_input()) {
        if (initialized.count(input.name()) == 1) continue;
        if (image != nullptr)
            throw UserError("has the inputs '" + image->name() + "' and '" + input.name() + "', expected a single one");
        image = &input;
    }
    if (image == nullptr) throw UserError("has no input for an image");
    return *image;
}

/// Shape of one image. Fixes the batch to one in the model itself.
Shape fix_batch(onnx::ValueInfoProto& input) {
    const std::string what = "input '" + input.name() + "'";
    auto& type = *input.mutable_type()->mutable_tensor_type();
    if (type.elem_type() != onnx::TensorProto::FLOAT || type.shape().dim_size() < 2)
        throw UserError(what + " must be a float tensor with a batch dimension, such as [N, C, H, W]");
    const auto& batch = type.shape().dim(0);
    if (batch.has_dim_value() && batch.dim_value() < 1)
        throw UserError(what + " has dimension 0, the batch, fixed to " + std::to_string(batch.dim_value()) +
                        " images; export it with a free one or with 1");
    type.mutable_shape()->mutable_dim(0)->set_dim_value(1);
    Shape shape;
    for (int d = 1; d < type.shape().dim_size(); ++d) {
        shape.push_back(type.shape().dim(d).dim_value()); // 0 when the dimension is free
        if (shape.back() < 1 || shape.back() > std::numeric_limits<int>::max())
            throw UserError(what + " has a free or empty dimension " + std::to_string(d) +
                            "; export it with all but the batch dimension fixed");
    }
    return shape;
}

/// Every node that cannot be read, as far as that shows without values: "Concat ('/fire2/Concat')".
std::vector<std::string> unsupported_nodes(const Nodes& nodes, const std::string& input) {
    std::set<std::string> dynamic = {input}; // values that depend on the image
    std::vector<std::string> found;
    for (const NodeProto* node : nodes) {
        const bool is_dynamic = node->op_type() != "Shape" &&
                                std::any_of(node->input().begin(), node->input().end(),
                                            [&](const std::string& name) { return dynamic.count(name) == 1; });
        if (is_dynamic) dynamic.insert(node->output().begin(), node->output().end());
        const bool standard = node->domain().empty() || node->domain() == "ai.onnx";
        const bool known = GraphBuilder::supports(node->op_type()) || (!is_dynamic && can_fold(node->op_type()));
        const std::string variant = known ? GraphBuilder::unsupported_variant(*node) : "";
        if (!standard)
            found.push_back(describe(*node) + " of domain " + node->domain());
        else if (!known || !variant.empty())
            found.push_back(describe(*node) + (variant.empty() ? "" : " " + variant));
    }
    return found;
}

void refuse_unsupported(const Nodes& nodes, const std::string& input) {
    const std::vector<std::string> found = unsupported_nodes(nodes, input);
    if (found.empty()) return;
    std::string list;
    for (const std::string& node : found) list += (list.empty() ? "" : ", ") + node;
    throw UserError(std::to_string(found.size()) + " unsupported operator(s): " + list + "; supported are " +
                    GraphBuilder::supported_operators() + " and constant sub-graphs");
}

/// libonnx's own judgement: structure, types and shapes for a batch of one.
void check_model(ModelProto& model) {
    try {
        onnx::checker::check_model(model);
        // Shapes an exporter noted for another batch would contradict the batch of one.
        model.mutable_graph()->clear_value_info();
        for (onnx::ValueInfoProto& output : *model.mutable_graph()->mutable_output())
            output.mutable_type()->mutable_tensor_type()->clear_shape();
        const onnx::ShapeInferenceOptions strict(true, 1, true);
        onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(), strict);
    } catch (const std::exception& e) {
        throw UserError(std::string("is not a valid ONNX model: ") + e.what());
    }
}

/// The input quantisers that a tuned network brings along; nothing for other networks.
std::vector<ActivationQuant> quantisers_of(const ModelProto& model, std::size_t layers) {
    for (const auto& entry : model.metadata_props()) {
        if (entry.key() != kQuantisersKey) continue;
        auto quantisers = decode_quantisers(entry.value());
        if (quantisers.size() == layers) return quantisers;
        throw UserError(std::string("metadata ") + kQuantisersKey + " holds " + std::to_string(quantisers.size()) +
                        " input quantisers for " + std::to_string(layers) + " matrix layers; tune the network again");
    }
    return {};
}

/// The builder is given a constant when the first node asks for it, and forgets it after the last: weights lie in
/// memory once, not in the model, the constants and the graph.
void read_nodes(GraphProto& proto, GraphBuilder& builder) {
    const Nodes nodes = needed_nodes(proto, proto.output(0).name());
    std::map<std::string, onnx::TensorProto*> waiting;
    for (onnx::TensorProto& tensor : *proto.mutable_initializer()) waiting[tensor.name()] = &tensor;
    std::map<std::string, int> readers;
    for (const NodeProto* node : nodes)
        for (const std::string& name : node->input()) ++readers[name];
    for (const NodeProto* node : nodes) {
        for (const std::string& name : node->input()) {
            const auto tensor = waiting.find(name);
            if (tensor == waiting.end()) continue;
            builder.add_constant(name, to_constant(*tensor->second));
            onnx::TensorProto().Swap(tensor->second); // a cleared tensor would hold on to its memory
            waiting.erase(tensor);
        }
        builder.read(*node);
        for (const std::string& name : node->input())
            if (--readers[name] == 0) builder.forget(name);
    }
}

Graph to_graph(ModelProto& model, const std::string& fallback_name) {
    check_opset(model);
    GraphProto& proto = *model.mutable_graph();
    onnx::ValueInfoProto& input = image_input(proto);
    const std::string input_name = input.name();
    const Shape in_shape = fix_batch(input);
    if (proto.output_size() != 1)
        throw UserError("has " + std::to_string(proto.output_size()) + " outputs, expected one: the logits");
    refuse_unsupported(needed_nodes(proto, proto.output(0).name()), input_name);
    check_model(model);

    GraphBuilder builder(proto.name().empty() ? fallback_name : proto.name(), input_name, in_shape);
    read_nodes(proto, builder);
    Graph graph = builder.finish(proto.output(0).name());
    graph.activations = quantisers_of(model, matrix_nodes(graph).size());
    return graph;
}

} // namespace

Graph import_onnx(const std::string& path) {
    std::string content = read_file(path);
    try {
        if (is_xz(content)) content = unpack_xz(content);
        ModelProto model = parse(content);
        std::string().swap(content);
        return to_graph(model, std::filesystem::path(path).stem().string());
    } catch (const UserError& e) {
        throw UserError(path + ": " + e.what());
    }
}

} // namespace veilram
