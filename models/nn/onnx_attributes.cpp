#include "models/nn/onnx_attributes.hpp"

#include "models/base/diagnostics.hpp"

#include <onnx/onnx_pb.h>

namespace veilram {

std::string node_name(const onnx::NodeProto& node) {
    return node.name().empty() && node.output_size() > 0 ? node.output(0) : node.name();
}

std::string describe(const onnx::NodeProto& node) { return node.op_type() + " ('" + node_name(node) + "')"; }

void refuse(const onnx::NodeProto& node, const std::string& problem) {
    throw UserError(describe(node) + ": " + problem);
}

const onnx::AttributeProto* find_attribute(const onnx::NodeProto& node, const std::string& name) {
    for (const onnx::AttributeProto& attribute : node.attribute())
        if (attribute.name() == name) return &attribute;
    return nullptr;
}

std::int64_t int_attribute(const onnx::NodeProto& node, const std::string& name, std::int64_t otherwise) {
    const onnx::AttributeProto* attribute = find_attribute(node, name);
    return attribute == nullptr ? otherwise : attribute->i();
}

float float_attribute(const onnx::NodeProto& node, const std::string& name, float otherwise) {
    const onnx::AttributeProto* attribute = find_attribute(node, name);
    return attribute == nullptr ? otherwise : attribute->f();
}

std::string string_attribute(const onnx::NodeProto& node, const std::string& name, const std::string& otherwise) {
    const onnx::AttributeProto* attribute = find_attribute(node, name);
    return attribute == nullptr ? otherwise : attribute->s();
}

std::vector<std::int64_t> ints_attribute(const onnx::NodeProto& node, const std::string& name,
                                         const std::vector<std::int64_t>& otherwise) {
    const onnx::AttributeProto* attribute = find_attribute(node, name);
    if (attribute == nullptr) return otherwise;
    return {attribute->ints().begin(), attribute->ints().end()};
}

} // namespace veilram
