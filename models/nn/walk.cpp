#include "models/nn/walk.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>

namespace veilram {
namespace {

void check_batch(const Graph& graph, const Tensor& batch) {
    const bool fits = batch.shape.size() == graph.in_shape.size() + 1 &&
                      std::equal(graph.in_shape.begin(), graph.in_shape.end(), batch.shape.begin() + 1);
    if (!fits)
        throw UserError("network '" + graph.name + "' expects a batch of images of " + to_string(graph.in_shape) +
                        ", got " + to_string(batch.shape));
    if (graph.nodes.empty()) throw UserError("network '" + graph.name + "' has no nodes");
}

} // namespace

Walk::Walk(const Graph& graph, const Tensor& batch)
    : graph_(graph), batch_(batch), last_reader_(last_readers(graph)), values_(graph.nodes.size() + 1) {
    check_batch(graph, batch);
}

std::vector<const Tensor*> Walk::operands() const {
    std::vector<const Tensor*> all;
    for (const ValueId id : node().inputs) all.push_back(&value(id));
    return all;
}

void Walk::supply(Tensor result) {
    values_[index_ + 1] = std::move(result);
    for (const ValueId id : node().inputs)
        if (last_reader_[id] == index_) values_[id] = Tensor();
    ++index_;
}

Tensor walk(const Graph& graph, const Tensor& batch, const NodeFunction& compute) {
    Walk walk(graph, batch);
    while (!walk.at_end()) walk.supply(compute(walk.node(), walk.operands()));
    return walk.take_result();
}

} // namespace veilram
