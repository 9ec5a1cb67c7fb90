// Passing a batch through a graph, whatever computes its nodes.
#pragma once

#include "models/nn/graph.hpp"

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace veilram {

/// A batch on its way through a graph, which stops at every node for somebody to compute it. A value is kept as long as
/// a node still reads it.
class Walk {
public:
    /// Keeps references to both. Throws UserError when the image shape of `batch` [N, C, H, W] is not the graph's
    /// in_shape.
    Walk(const Graph& graph, const Tensor& batch);

    bool at_end() const { return index_ == graph_.nodes.size(); }
    std::size_t index() const { return index_; } ///< of the present node
    const Node& node() const { return graph_.nodes[index_]; }
    /// Of the present node, in `inputs` order.
    std::vector<const Tensor*> operands() const;
    /// Takes the present node's result and goes on to the next one.
    void supply(Tensor result);
    /// The last node's, at the end.
    Tensor take_result() { return std::move(values_.back()); }

private:
    const Tensor& value(ValueId id) const { return id == 0 ? batch_ : values_[id]; }

    const Graph& graph_;
    const Tensor& batch_;
    const std::vector<std::size_t> last_reader_;
    std::vector<Tensor> values_; ///< by ValueId; that of the batch stays empty
    std::size_t index_ = 0;
};

/// The result of one node for its operands, in `inputs` order.
using NodeFunction = std::function<Tensor(const Node& node, const std::vector<const Tensor*>& inputs)>;

/// Computes every node in order and returns the last result. Throws as Walk does.
Tensor walk(const Graph& graph, const Tensor& batch, const NodeFunction& compute);

} // namespace veilram
