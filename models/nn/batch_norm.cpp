#include "models/nn/batch_norm.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/parallel.hpp"
#include "models/base/progress.hpp"
#include "models/nn/infer.hpp"
#include "models/nn/moments.hpp"
#include "models/nn/walk.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace veilram {
namespace {

std::vector<float> to_floats(const std::vector<double>& values) { return {values.begin(), values.end()}; }

/// Passes all batches forward. see(norm index, node, input sums) is called at every batch norm and returns the node
/// that computes it.
template <class See> void pass_all(const Graph& graph, const ImageBatches& images, const char* what, See see) {
    if (images.count == 0)
        throw UserError("network '" + graph.name + "': statistics need at least one batch of images");
    Progress progress(what, images.count);
    for (std::size_t b = 0; b < images.count; ++b) {
        std::size_t norm = 0;
        walk(graph, images.get(b), [&](const Node& node, const std::vector<const Tensor*>& inputs) {
            if (is_matrix(node.op)) return multiply_on_all_cores(node, *inputs.at(0));
            if (!std::holds_alternative<BatchNorm>(node.op)) return digital(node, inputs);
            return digital(see(norm++, node, channel_moments(*inputs.at(0))), inputs);
        });
        progress.step();
    }
}

std::vector<BatchNorm*> norms_of(Graph& graph) {
    std::vector<BatchNorm*> norms;
    for (Node& node : graph.nodes)
        if (auto* norm = std::get_if<BatchNorm>(&node.op)) norms.push_back(norm);
    return norms;
}

/// Mean and variance of the inputs of every batch norm, in order, averaged over the batches.
struct Average {
    std::vector<double> mean, variance;

    void add(const std::vector<double>& m, const std::vector<double>& v, double weight) {
        mean.resize(m.size());
        variance.resize(v.size());
        for (std::size_t c = 0; c < m.size(); ++c) {
            mean[c] += weight * m[c];
            variance[c] += weight * v[c];
        }
    }
};

bool is_folded(const BatchNorm& norm) {
    const auto all = [](const std::vector<float>& values, float value) {
        return std::all_of(values.begin(), values.end(), [&](float v) { return v == value; });
    };
    return all(norm.mean, 0.0F) && all(norm.variance, 1.0F);
}

/// Whether a batch norm is the only reader of each value.
std::vector<char> read_by_norm(const Graph& graph) {
    std::vector<int> readers(graph.nodes.size() + 1, 0), norms = readers;
    for (const Node& node : graph.nodes)
        for (const ValueId id : node.inputs) {
            ++readers[id];
            norms[id] += std::holds_alternative<BatchNorm>(node.op) ? 1 : 0;
        }
    std::vector<char> result;
    for (std::size_t i = 0; i < readers.size(); ++i) result.push_back(readers[i] == 1 && norms[i] == 1 ? 1 : 0);
    return result;
}

BatchNorm neutral_norm(std::size_t channels) {
    const std::vector<float> zeros(channels, 0.0F), ones(channels, 1.0F);
    BatchNorm norm{ones, zeros, zeros, ones};
    std::fill(norm.gamma.begin(), norm.gamma.end(), std::sqrt(1.0F + norm.epsilon));
    return norm;
}

Graph with_norm_after_every_conv(const Graph& graph) {
    const std::vector<char> has_norm = read_by_norm(graph);
    Graph result{graph.name, graph.in_shape, {}, graph.activations};
    std::vector<ValueId> now{0}; // where each value of `graph` is found in `result`
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        result.nodes.push_back(graph.nodes[i]);
        Node& node = result.nodes.back();
        for (ValueId& id : node.inputs) id = now[id];
        now.push_back(result.nodes.size());
        const auto* conv = std::get_if<Conv>(&node.op);
        if (conv == nullptr || has_norm[i + 1] != 0) continue;
        const auto channels = static_cast<std::size_t>(conv->weight.dim(0));
        result.nodes.push_back({node.name + ".norm", neutral_norm(channels), {now.back()}, node.out_shape});
        now.back() = result.nodes.size();
    }
    return result;
}

/// Statistics for a norm that has none; scale and shift make up for them.
void unfold(BatchNorm& norm, const Average& seen) {
    for (std::size_t c = 0; c < norm.gamma.size(); ++c) {
        const double factor = norm.gamma[c] / std::sqrt(1.0 + norm.epsilon);
        norm.gamma[c] = static_cast<float>(factor * std::sqrt(seen.variance[c] + norm.epsilon));
        norm.beta[c] = static_cast<float>(norm.beta[c] + factor * seen.mean[c]);
        norm.mean[c] = static_cast<float>(seen.mean[c]);
        norm.variance[c] = static_cast<float>(seen.variance[c]);
    }
}

} // namespace

Graph with_batch_statistics(const Graph& graph, const ImageBatches& images) {
    Graph result = graph;
    const std::vector<BatchNorm*> norms = norms_of(result);
    std::vector<Average> seen(norms.size());
    pass_all(graph, images, "batch norm statistics", [&](std::size_t i, Node node, const ChannelMoments& sums) {
        auto& norm = std::get<BatchNorm>(node.op);
        norm.mean = to_floats(sums.mean);
        norm.variance = to_floats(sums.variance);
        std::vector<double> unbiased = sums.variance;
        for (double& v : unbiased) v *= sums.count / std::max(sums.count - 1.0, 1.0);
        seen[i].add(sums.mean, unbiased, 1.0 / static_cast<double>(images.count));
        return node;
    });
    for (std::size_t i = 0; i < norms.size(); ++i) {
        norms[i]->mean = to_floats(seen[i].mean);
        norms[i]->variance = to_floats(seen[i].variance);
    }
    return result;
}

Graph unfold_batch_norm(const Graph& graph, const ImageBatches& images) {
    Graph result = with_norm_after_every_conv(graph);
    const std::vector<BatchNorm*> norms = norms_of(result);
    if (std::none_of(norms.begin(), norms.end(), [](const BatchNorm* norm) { return is_folded(*norm); })) return result;
    std::vector<Average> seen(norms.size());
    pass_all(result, images, "unfolding batch norms", [&](std::size_t i, const Node& node, const ChannelMoments& sums) {
        seen[i].add(sums.mean, sums.variance, 1.0 / static_cast<double>(images.count));
        return node;
    });
    for (std::size_t i = 0; i < norms.size(); ++i)
        if (is_folded(*norms[i])) unfold(*norms[i], seen[i]);
    return result;
}

} // namespace veilram
