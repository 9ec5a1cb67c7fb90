// Batch norms that are taken apart and given new statistics.
#include "models/base/diagnostics.hpp"
#include "models/base/parallel.hpp"
#include "models/nn/batch_norm.hpp"
#include "models/nn/infer.hpp"
#include "tb/unit/random_nn.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace veilram::test {
namespace {

/// Batches of 4 random images of 3 x 9 x 9.
ImageBatches random_batches(std::uint64_t seed, std::size_t count) {
    return {count, [seed](std::size_t b) {
                Rng rng = make_rng(seed, "batch " + std::to_string(b));
                return random_tensor(rng, {4, 3, 9, 9});
            }};
}

/// conv 3x3 of 3 to 2 channels, batch norm, ReLU, mean, dense.
Graph small_graph(Rng& rng, const BatchNorm& norm) {
    Graph g{"small", {3, 9, 9}, {}};
    g.nodes.push_back({"conv", random_conv(rng, 1, 3, 2, Window{3, 3}), {0}, {}});
    g.nodes.push_back({"norm", norm, {1}, {}});
    g.nodes.push_back({"relu", Relu{}, {2}, {}});
    g.nodes.push_back({"mean", GlobalAveragePool{}, {3}, {}});
    g.nodes.push_back({"flatten", Flatten{}, {4}, {}});
    g.nodes.push_back({"logits", Dense{random_tensor(rng, {3, 2}), random_floats(rng, 3)}, {5}, {}});
    infer_shapes(g);
    return g;
}

/// Mean and variance of a channel over a whole batch, with N - 1.
std::pair<double, double> literal_moments(const Tensor& t, std::int64_t channel) {
    const std::int64_t plane = t.dim(2) * t.dim(3), count = t.dim(0) * plane;
    double mean = 0.0, variance = 0.0;
    const auto at = [&](std::int64_t n, std::int64_t i) {
        return static_cast<double>(t.data[static_cast<std::size_t>((n * t.dim(1) + channel) * plane + i)]);
    };
    for (std::int64_t n = 0; n < t.dim(0); ++n)
        for (std::int64_t i = 0; i < plane; ++i) mean += at(n, i) / static_cast<double>(count);
    for (std::int64_t n = 0; n < t.dim(0); ++n)
        for (std::int64_t i = 0; i < plane; ++i)
            variance += std::pow(at(n, i) - mean, 2) / static_cast<double>(count - 1);
    return {mean, variance};
}

double largest_difference(const Graph& a, const Graph& b, const ImageBatches& images) {
    FloatEngine engine;
    double largest = 0.0;
    for (std::size_t batch = 0; batch < images.count; ++batch) {
        const Tensor x = infer(a, images.get(batch), engine), y = infer(b, images.get(batch), engine);
        for (std::size_t i = 0; i < x.size(); ++i)
            largest = std::max(largest, std::abs(static_cast<double>(x.data[i]) - y.data[i]));
    }
    return largest;
}

TEST(BatchStatisticsTest, AreTheMeansOfWhatEachBatchHas) {
    Rng rng = make_rng(1, "statistics");
    const Graph graph = small_graph(rng, random_norm(rng, 2));
    const ImageBatches images = random_batches(1, 3);
    const Graph result = with_batch_statistics(graph, images);
    const auto &before = std::get<BatchNorm>(graph.nodes[1].op), &after = std::get<BatchNorm>(result.nodes[1].op);
    EXPECT_EQ(after.gamma, before.gamma);
    EXPECT_EQ(after.beta, before.beta);
    FloatEngine engine;
    for (std::int64_t c = 0; c < 2; ++c) {
        double mean = 0.0, variance = 0.0;
        for (std::size_t b = 0; b < 3; ++b) {
            const auto [m, v] = literal_moments(engine.apply(0, graph.nodes[0], images.get(b), 0), c);
            mean += m / 3;
            variance += v / 3;
        }
        EXPECT_NEAR(after.mean[static_cast<std::size_t>(c)], mean, 1e-6);
        EXPECT_NEAR(after.variance[static_cast<std::size_t>(c)], variance, 1e-5);
    }
}

TEST(BatchStatisticsTest, ForgetWhatAChangeOfTheWeightsDidToTheOutputs) {
    Rng rng = make_rng(2, "forget");
    const Graph graph = small_graph(rng, random_norm(rng, 2));
    Graph louder = graph;
    for (float& w : matrix_weight(louder.nodes[0].op).data) w *= 5.0F;
    for (float& b : std::get<Conv>(louder.nodes[0].op).bias) b = 5.0F * b + 7.0F;
    const ImageBatches images = random_batches(2, 2);
    EXPECT_GT(largest_difference(graph, louder, images), 1.0);
    EXPECT_LT(largest_difference(with_batch_statistics(graph, images), with_batch_statistics(louder, images), images),
              1e-2)
        << "epsilon apart, the same";
}

TEST(BatchStatisticsTest, AreTheSameOnAnyNumberOfThreads) {
    Rng rng = make_rng(3, "threads");
    const Graph graph = random_graph(rng);
    const auto norms = [&](std::size_t threads) {
        set_threads(threads);
        std::vector<std::vector<float>> all;
        for (const Node& node : with_batch_statistics(graph, random_batches(3, 2)).nodes)
            if (const auto* norm = std::get_if<BatchNorm>(&node.op))
                all.insert(all.end(), {norm->mean, norm->variance});
        set_threads(0);
        return all;
    };
    EXPECT_EQ(norms(1), norms(3));
}

TEST(BatchStatisticsTest, NeedImagesOfTheNetworksShape) {
    Rng rng = make_rng(4, "refuse");
    const Graph graph = random_graph(rng);
    EXPECT_THROW(with_batch_statistics(graph, {}), UserError);
    EXPECT_THROW(with_batch_statistics(graph, {1, [](std::size_t) { return Tensor({2, 3, 9, 8}); }}), UserError);
}

TEST(UnfoldTest, ChangesNothingThatANetworkComputes) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        Rng rng = make_rng(seed, "unfold");
        const Graph graph = random_graph(rng), folded = fold_batch_norm(graph);
        const ImageBatches images = random_batches(seed, 2);
        EXPECT_LT(largest_difference(graph, unfold_batch_norm(graph, images), images), 1e-4);
        EXPECT_LT(largest_difference(graph, unfold_batch_norm(folded, images), images), 1e-4);
    }
}

TEST(UnfoldTest, GivesConvsThatHaveNoneANormWithTheStatisticsOfTheirOutputs) {
    Rng rng = make_rng(6, "folded");
    const Graph graph = small_graph(rng, random_norm(rng, 2));
    const ImageBatches images = random_batches(6, 1);
    const Graph folded = fold_batch_norm(graph), unfolded = unfold_batch_norm(folded, images);
    ASSERT_EQ(unfolded.nodes.size(), folded.nodes.size() + 1);
    const auto& norm = std::get<BatchNorm>(unfolded.nodes[1].op);
    FloatEngine engine;
    const Tensor outputs = engine.apply(0, folded.nodes[0], images.get(0), 0);
    for (std::int64_t c = 0; c < 2; ++c) {
        const auto [mean, variance] = literal_moments(outputs, c);
        const auto i = static_cast<std::size_t>(c);
        EXPECT_NEAR(norm.mean[i], mean, 1e-5);
        EXPECT_NEAR(norm.beta[i], mean, 1e-5);
        EXPECT_NEAR(norm.variance[i], variance, 0.02 * variance);
    }
    // Statistics that are right already stay: calibration then does nothing to a network that did not change.
    EXPECT_LT(largest_difference(folded, with_batch_statistics(unfolded, images), images), 0.02);
}

TEST(UnfoldTest, LeavesNormsAloneThatHaveStatistics) {
    Rng rng = make_rng(7, "alone");
    const Graph graph = small_graph(rng, random_norm(rng, 2));
    const Graph unfolded = unfold_batch_norm(graph, random_batches(7, 1));
    EXPECT_EQ(unfolded.nodes.size(), graph.nodes.size());
    EXPECT_EQ(std::get<BatchNorm>(unfolded.nodes[1].op).mean, std::get<BatchNorm>(graph.nodes[1].op).mean);
}

} // namespace
} // namespace veilram::test
