// The leakage statistic on cells of which it is known what they tell, and the order of inputs.
#include "models/attack/leakage_report.hpp"
#include "models/base/parallel.hpp"
#include "models/mapping/input_order.hpp"
#include "models/mapping/leakage.hpp"
#include "tb/unit/small_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace veilram::test {
namespace {

GslVectors random_vectors(int n, Rng& rng) {
    GslVectors vectors;
    for (int i = 0; i < n; ++i) vectors.vectors.push_back({rng()});
    return vectors;
}

BitMatrix random_cells(Rng& rng) {
    BitMatrix cells(256, 256);
    for (std::size_t r = 0; r < cells.rows(); ++r)
        for (std::size_t w = 0; w < cells.words_per_row(); ++w) cells.row(r)[w] = rng();
    return cells;
}

/// Row pairs whose d follows a random combination of the vectors: what a solver that chases its targets with the least
/// change leaves.
BitMatrix planted_cells(const GslVectors& vectors, Rng& rng) {
    BitMatrix cells(256, 256);
    for (std::size_t pair = 0; pair < 128; ++pair) {
        std::vector<double> weight;
        for (int i = 0; i < vectors.count(); ++i) weight.push_back(static_cast<double>(rng() % 2001) / 1000.0 - 1.0);
        for (std::size_t j = 0; j < 64; ++j) {
            double wish = 0.0;
            for (std::size_t i = 0; i < weight.size(); ++i)
                wish += weight[i] * (get_bit(vectors.vectors[i].data(), j) ? 1.0 : -1.0);
            const int d = std::clamp(static_cast<int>(std::lround(1.5 * wish)), -4, 4);
            for (std::size_t t = 0; t < static_cast<std::size_t>(std::abs(d)); ++t)
                cells.set(2 * pair + (d > 0 ? 0 : 1), 4 * j + t, true);
        }
    }
    return cells;
}

TEST(LeakageTest, RandomCellsAreAtChance) {
    for (const int n : {1, 4, 8, 16}) {
        double overlap = 0.0, energy = 0.0;
        constexpr int kCrossbars = 40;
        for (int seed = 0; seed < kCrossbars; ++seed) {
            Rng rng = make_rng(static_cast<std::uint64_t>(seed), "leakage");
            LeakageMeter meter({});
            meter.add(random_cells(rng), 128);
            const Leakage leakage = meter.against(random_vectors(n, rng));
            EXPECT_DOUBLE_EQ(leakage.chance, n / 64.0);
            EXPECT_EQ(leakage.row_pairs, 128);
            overlap += leakage.overlap / kCrossbars;
            energy += leakage.energy_ratio / kCrossbars;
        }
        EXPECT_NEAR(overlap, n / 64.0, 0.02) << n;
        EXPECT_NEAR(energy, 1.0, 0.03) << n;
    }
}

TEST(LeakageTest, LeastNormSolutionsTellNearlyAll) {
    for (const int n : {1, 4, 8}) {
        Rng rng = make_rng(7, "leakage");
        const GslVectors vectors = random_vectors(n, rng);
        LeakageMeter meter({});
        meter.add(planted_cells(vectors, rng), 128);
        const Leakage leakage = meter.against(vectors);
        EXPECT_GT(leakage.overlap, 0.93) << n;
        EXPECT_LE(leakage.overlap, 1.0 + 1e-9) << n;
        EXPECT_GT(leakage.energy_ratio, 0.8 * 64.0 / n) << n;
        EXPECT_LT(meter.against(random_vectors(n, rng)).overlap, 0.5) << "other vectors";
    }
}

TEST(LeakageTest, PoolingIsOneLongCrossbar) {
    Rng rng = make_rng(3, "leakage");
    const GslVectors vectors = random_vectors(4, rng);
    const BitMatrix first = random_cells(rng), second = planted_cells(vectors, rng);
    LeakageMeter both({}), turned({});
    both.add(first, 100);
    both.add(second, 20);
    turned.add(second, 20);
    turned.add(first, 100);
    EXPECT_EQ(both.against(vectors).row_pairs, 120);
    EXPECT_DOUBLE_EQ(both.against(vectors).energy_ratio, turned.against(vectors).energy_ratio);
}

TEST(LeakageTest, EmptyCellsTellNothing) {
    Rng rng = make_rng(4, "leakage");
    LeakageMeter meter({});
    meter.add(BitMatrix(256, 256), 128);
    EXPECT_EQ(meter.against(random_vectors(4, rng)).overlap, 0.0);
}

TEST(LeakageReportTest, WiderScopesPoolTheirCrossbarsAndThreadsDoNotMatter) {
    CompileConfig config = small_config();
    config.keys.scope = KeyScope::network;
    const Compiled compiled = compile_small(config);
    const LeakageReport report = report_leakage(compiled.program, compiled.image.nvm, compiled.secrets);
    ASSERT_EQ(report.layers.size(), 3U);
    EXPECT_NE(report.total.pooled.overlap, report.total.crossbars.overlap);
    EXPECT_EQ(report.total.pooled.row_pairs, report.total.crossbars.row_pairs);
    set_threads(1);
    const LeakageReport alone = report_leakage(compiled.program, compiled.image.nvm, compiled.secrets);
    set_threads(0);
    EXPECT_EQ(alone.total.pooled.overlap, report.total.pooled.overlap);
    EXPECT_EQ(alone.total.crossbars.energy_ratio, report.total.crossbars.energy_ratio);
}

QuantWeights random_weights(const MatrixShape& shape, Rng& rng) {
    QuantWeights weights{shape, {}, {}};
    for (int i = 0; i < shape.groups * shape.outputs * shape.inputs; ++i)
        weights.q.push_back(static_cast<std::int16_t>(static_cast<int>(rng() % 511) - 255));
    return weights;
}

/// Sum of pairing bounds over the row pairs of all crossbars.
double bound_of(const QuantWeights& weights, const std::vector<CrossbarPlan>& plans) {
    double sum = 0.0;
    for (const CrossbarPlan& plan : plans)
        for (int pair = 0; pair < plan.outputs; ++pair) {
            std::vector<int> targets;
            for (const int input : plan.inputs)
                targets.push_back(
                    input < 0
                        ? BlsProblem::kFree
                        : std::abs(weights.at(plan.group * weights.shape.outputs + plan.first_output + pair, input)));
            sum += pairing_bound(targets);
        }
    return sum;
}

TEST(InputOrderTest, MatchedInputsHaveALowerBoundAndAreThoseOfTheLayer) {
    for (const MatrixShape shape : {MatrixShape{1, 72, 20}, MatrixShape{3, 40, 10}, MatrixShape{1, 100, 200}}) {
        Rng rng = make_rng(5, "order");
        const QuantWeights weights = random_weights(shape, rng);
        MapConfig config;
        config.n = 4;
        const std::vector<CrossbarPlan> before = plan_layer(shape, {}, config);
        std::vector<CrossbarPlan> after = before;
        match_inputs(weights, after, rng);
        EXPECT_LT(bound_of(weights, after), 0.97 * bound_of(weights, before));
        std::map<std::pair<int, int>, std::vector<int>> was, is;
        for (std::size_t x = 0; x < before.size(); ++x) {
            EXPECT_EQ(after[x].outputs, before[x].outputs);
            auto& old = was[{before[x].group, before[x].first_output}];
            old.insert(old.end(), before[x].inputs.begin(), before[x].inputs.end());
            auto& now = is[{after[x].group, after[x].first_output}];
            now.insert(now.end(), after[x].inputs.begin(), after[x].inputs.end());
        }
        for (auto& [block, inputs] : was) {
            std::sort(inputs.begin(), inputs.end());
            std::sort(is[block].begin(), is[block].end());
            EXPECT_EQ(is[block], inputs);
        }
    }
}

TEST(InputOrderTest, AnotherOrderIsAnotherWayToTheSameDevice) {
    CompileConfig config = small_config();
    config.map.n = 1; // every weight exact, in any order
    config.map.order = MapOrder::matched;
    const Compiled compiled = compile_small(config);
    EXPECT_EQ(compiled.storage.total.absolute_error, 0);
    config.map.order = MapOrder::consecutive;
    EXPECT_EQ(compile_small(config).secrets[0].weight_sums, compiled.secrets[0].weight_sums);
}

} // namespace
} // namespace veilram::test
