// Reading ONNX nodes: attributes with their defaults.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace onnx {
class AttributeProto;
class NodeProto;
} // namespace onnx

namespace veilram {

/// The node's name, or that of its first result when it has none.
std::string node_name(const onnx::NodeProto& node);
/// "Conv ('/conv1/Conv')".
std::string describe(const onnx::NodeProto& node);
/// Throws UserError "Conv ('/conv1/Conv'): problem".
[[noreturn]] void refuse(const onnx::NodeProto& node, const std::string& problem);

/// nullptr when the node has no such attribute.
const onnx::AttributeProto* find_attribute(const onnx::NodeProto& node, const std::string& name);
std::int64_t int_attribute(const onnx::NodeProto& node, const std::string& name, std::int64_t otherwise);
float float_attribute(const onnx::NodeProto& node, const std::string& name, float otherwise);
std::string string_attribute(const onnx::NodeProto& node, const std::string& name, const std::string& otherwise);
std::vector<std::int64_t> ints_attribute(const onnx::NodeProto& node, const std::string& name,
                                         const std::vector<std::int64_t>& otherwise);

} // namespace veilram
