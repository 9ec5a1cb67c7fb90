// The fast solver of bit-line sharing against CBC, on row pairs of a real network.
#include "models/base/progress.hpp"
#include "models/base/random.hpp"
#include "models/mapping/bls.hpp"
#include "models/nn/onnx.hpp"
#include "models/nn/quantise.hpp"
#include "tb/bench/bench.hpp"

#include <boost/random/uniform_int_distribution.hpp>

#include <cstdlib>
#include <ctime>

namespace veilram {
namespace {

constexpr int kSegments = 64;

std::vector<QuantWeights> weights_of(const std::string& onnx) {
    const Graph graph = fold_batch_norm(import_onnx(onnx));
    std::vector<QuantWeights> all;
    for (const std::size_t node : matrix_nodes(graph))
        all.push_back(quantise_weights(graph.nodes[node].op, WeightScale::per_channel));
    return all;
}

/// 2n consecutive inputs of one output, anywhere in the network; every weight is as likely to be in it as any other.
std::vector<int> draw_targets(const std::vector<QuantWeights>& layers, int n, Rng& rng) {
    std::size_t weights = 0;
    for (const QuantWeights& layer : layers) weights += layer.q.size();
    std::size_t at = boost::random::uniform_int_distribution<std::size_t>(0, weights - 1)(rng);
    std::size_t l = 0;
    while (at >= layers[l].q.size()) at -= layers[l++].q.size();
    const QuantWeights& layer = layers[l];
    const auto inputs = static_cast<std::size_t>(layer.shape.inputs), slots = static_cast<std::size_t>(2 * n);
    const std::size_t row = at / inputs * inputs, first = at % inputs / slots * slots;
    std::vector<int> targets(slots, BlsProblem::kFree);
    for (std::size_t i = 0; i < slots && first + i < inputs; ++i) targets[i] = std::abs(layer.q[row + first + i]);
    return targets;
}

double cpu_s() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

} // namespace

MappingRow bench_mapping(const std::string& onnx, int n, std::size_t problems) {
    const std::vector<QuantWeights> layers = weights_of(onnx);
    Rng rng = make_rng(1, "bench/mapping/" + std::to_string(n));
    const auto exact = make_exact_solver(), fast = make_fast_solver();
    MappingRow row;
    row.n = n;
    double fast_s = 0.0, exact_s = 0.0;
    Progress progress("row pairs, n = " + std::to_string(n), problems);
    for (std::size_t p = 0; p < problems; ++p) {
        GslVectors vectors;
        for (int i = 0; i < n; ++i) vectors.vectors.push_back({rng()});
        BlsProblem problem;
        problem.vectors = &vectors;
        problem.segments = kSegments;
        problem.targets = draw_targets(layers, n, rng);
        const double start = cpu_s();
        const int found = bls_objective(problem, fast->solve(problem, rng));
        const double middle = cpu_s();
        row.exact += bls_objective(problem, exact->solve(problem, rng));
        exact_s += cpu_s() - middle;
        fast_s += middle - start;
        row.fast += found;
        row.bound += pairing_bound(problem.targets);
        progress.step();
    }
    const auto count = static_cast<double>(problems);
    for (double* mean : {&row.exact, &row.fast, &row.bound}) *mean /= count;
    row.fast_per_s = count / fast_s;
    row.exact_per_s = count / exact_s;
    return row;
}

} // namespace veilram
