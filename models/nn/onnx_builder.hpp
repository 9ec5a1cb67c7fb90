// Turns ONNX nodes into a Graph, one after the other.
#pragma once

#include "models/nn/graph.hpp"
#include "models/nn/onnx_fold.hpp"

#include <map>
#include <string>

namespace veilram {

/// Knows every value of the model by its ONNX name: either a constant or a value of the graph built so far.
class GraphBuilder {
public:
    GraphBuilder(std::string name, const std::string& input, Shape in_shape);

    void add_constant(const std::string& name, Constant value) { constants_[name] = std::move(value); }
    void forget(const std::string& constant) { constants_.erase(constant); }
    /// Reads one node whose operands were all read before. Throws UserError naming the node.
    void read(const onnx::NodeProto& node);
    /// The graph up to the value of this name. Throws UserError when that is a constant or the input itself.
    Graph finish(const std::string& output);

    /// Whether read() knows this operation on data that depend on the image.
    static bool supports(const std::string& op_type);
    /// What of an operation that read() knows is not modelled, such as "mode=reflect"; empty when all is well.
    static std::string unsupported_variant(const onnx::NodeProto& node);
    /// "Add, AveragePool, ...".
    static std::string supported_operators();

private:
    using Method = void (GraphBuilder::*)(const onnx::NodeProto&);
    static const std::map<std::string, Method>& methods();

    void add(const onnx::NodeProto& node);
    void average_pool(const onnx::NodeProto& node);
    void batch_norm(const onnx::NodeProto& node);
    void clip(const onnx::NodeProto& node);
    void concat(const onnx::NodeProto& node);
    void conv(const onnx::NodeProto& node);
    void flatten(const onnx::NodeProto& node);
    void gemm(const onnx::NodeProto& node);
    void global_average_pool(const onnx::NodeProto& node);
    void identity(const onnx::NodeProto& node);
    void mat_mul(const onnx::NodeProto& node);
    void max_pool(const onnx::NodeProto& node);
    void pad(const onnx::NodeProto& node);
    void reduce_mean(const onnx::NodeProto& node);
    void relu(const onnx::NodeProto& node);
    void reshape(const onnx::NodeProto& node);
    void slice(const onnx::NodeProto& node);
    void squeeze(const onnx::NodeProto& node);

    Operands operands(const onnx::NodeProto& node) const;
    bool is_constant(const std::string& name) const { return constants_.count(name) == 1; }
    /// The value operand `index` stands for; it must depend on the image.
    ValueId value(const onnx::NodeProto& node, int index) const;
    /// Shape of operand `index` with its batch dimension of one.
    Shape batched_shape(const onnx::NodeProto& node, int index) const;
    /// Constant operand `index` as finite floats.
    const Floats& floats(const onnx::NodeProto& node, std::size_t index) const;
    /// One finite float, `absent` where there is no operand `index`.
    float number(const onnx::NodeProto& node, std::size_t index, float absent) const;
    Tensor weight(const onnx::NodeProto& node, std::size_t index, std::size_t rank) const;
    Window window(const onnx::NodeProto& node, const Ints& kernel) const;
    /// Adds constant operand `bias_operand` to the bias of the newest node, a Conv or Dense.
    void add_bias(const onnx::NodeProto& node, int bias_operand);
    /// A change of shape is either none or a flattening.
    void become(const onnx::NodeProto& node, const Shape& target);
    void append(const onnx::NodeProto& node, Op op, std::vector<ValueId> inputs, const std::string& suffix = "");

    Graph graph_;
    std::map<std::string, Constant> constants_;
    std::map<std::string, ValueId> values_;
};

} // namespace veilram
