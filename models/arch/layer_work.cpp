#include "models/arch/layer_work.hpp"

namespace veilram {

std::vector<LayerWork> layer_work(const Graph& graph) {
    std::vector<LayerWork> all;
    for (const std::size_t index : matrix_nodes(graph)) {
        const Node& node = graph.nodes[index];
        const MatrixShape shape = matrix_shape(node.op);
        const Shape& input = node.inputs[0] == 0 ? graph.in_shape : graph.nodes[node.inputs[0] - 1].out_shape;
        all.push_back({node.name, element_count(node.out_shape) / (std::int64_t{shape.outputs} * shape.groups),
                       shape.inputs, shape.outputs, shape.groups, element_count(input)});
    }
    return all;
}

} // namespace veilram
