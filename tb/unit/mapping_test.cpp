#include "models/base/diagnostics.hpp"
#include "models/base/random.hpp"
#include "models/mapping/bls.hpp"
#include "models/mapping/mapper.hpp"
#include "models/sc/crossbar_read.hpp"

#include <boost/random/uniform_int_distribution.hpp>
#include <boost/random/uniform_real_distribution.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

namespace veilram::test {
namespace {

constexpr int kSizes[] = {1, 2, 4, 8, 14};

GslVectors random_vectors(int n, int segments, Rng& rng) {
    boost::random::uniform_int_distribution<int> coin(0, 1);
    GslVectors vectors;
    for (int i = 0; i < n; ++i) {
        GslVector vector(words_for(static_cast<std::size_t>(segments)));
        for (int j = 0; j < segments; ++j) set_bit(vector.data(), static_cast<std::size_t>(j), coin(rng) == 1);
        vectors.vectors.push_back(std::move(vector));
    }
    return vectors;
}

/// Magnitudes as quantised layers have them: a Laplace channel of 144 weights scaled to a largest of 255; its first
/// `count`.
std::vector<int> laplace_targets(std::size_t count, Rng& rng) {
    boost::random::uniform_real_distribution<double> uniform(0.0, 1.0);
    std::vector<double> channel(144);
    for (double& w : channel) w = -std::log(1.0 - uniform(rng));
    const double largest = *std::max_element(channel.begin(), channel.end());
    std::vector<int> targets(count);
    for (std::size_t i = 0; i < count; ++i) targets[i] = static_cast<int>(std::lround(channel[i] * 255.0 / largest));
    return targets;
}

std::vector<int> uniform_targets(std::size_t count, Rng& rng) {
    std::vector<int> targets(count);
    for (int& target : targets) target = boost::random::uniform_int_distribution<int>(0, 255)(rng);
    return targets;
}

BlsProblem problem_of(const GslVectors& vectors, std::vector<int> targets) {
    BlsProblem problem;
    problem.vectors = &vectors;
    problem.targets = std::move(targets);
    return problem;
}

void expect_possible(const BlsProblem& problem, const BlsSolution& solution) {
    ASSERT_EQ(solution.segment_ones.size(), static_cast<std::size_t>(2 * problem.segments));
    for (const int ones : solution.segment_ones) ASSERT_LE(ones, problem.segment);
    const std::vector<int> counts = line_counts(problem, solution);
    const int total = std::accumulate(solution.segment_ones.begin(), solution.segment_ones.end(), 0);
    const auto n = static_cast<std::size_t>(problem.vectors->count());
    for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(counts[i] + counts[n + i], total) << "pair " << i;
}

double squared_error(const BlsProblem& problem, const BlsSolution& solution) {
    const std::vector<int> counts = line_counts(problem, solution);
    double sum = 0.0;
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (problem.targets[i] != BlsProblem::kFree) sum += std::pow(counts[i] - problem.targets[i], 2);
    return sum;
}

TEST(PairingBoundTest, IsTheSpreadOfThePairSumsAroundTheirMedian) {
    EXPECT_EQ(pairing_bound({10, 20, 30, 1, 2, 3}), 22 - 11 + 33 - 22);
    EXPECT_EQ(pairing_bound({7, 9}), 0);
    EXPECT_EQ(pairing_bound({1, 2, 3, 4}), 2);
    EXPECT_EQ(pairing_bound({1, 2, BlsProblem::kFree, 4}), 0) << "one full pair has nobody to disagree with";
    EXPECT_EQ(pairing_bound({BlsProblem::kFree, BlsProblem::kFree}), 0);
}

TEST(LineCountsTest, FollowFigure4OfThePaper) {
    const GslVectors vectors{{{0b01}, {0b10}}}; // V_0 = (1, 0), V_1 = (0, 1)
    BlsProblem problem = problem_of(vectors, {5, 4, 0, BlsProblem::kFree});
    problem.segments = 2;
    const BlsSolution solution{{1, 2, 3, 4}}; // S_0, S_1 on the even row, S_2, S_3 on the odd one
    EXPECT_EQ(line_counts(problem, solution), (std::vector<int>{1 + 4, 3 + 2, 3 + 2, 1 + 4}));
    EXPECT_EQ(bls_objective(problem, solution), 0 + 1 + 5);
}

TEST(ExactSolverTest, ReachesThePairingBoundForOneAndTwoVectors) {
    const auto solver = make_exact_solver();
    for (const int n : {1, 2}) {
        Rng rng = make_rng(20, "exact");
        const GslVectors vectors = random_vectors(n, 64, rng);
        for (int k = 0; k < 20; ++k) {
            const BlsProblem problem = problem_of(vectors, laplace_targets(static_cast<std::size_t>(2 * n), rng));
            const BlsSolution solution = solver->solve(problem, rng);
            expect_possible(problem, solution);
            EXPECT_EQ(bls_objective(problem, solution), pairing_bound(problem.targets));
        }
    }
}

TEST(ExactSolverTest, FindsTheOptimumOfAProblemSmallEnoughToEnumerate) {
    const auto exact = make_exact_solver();
    const auto fast = make_fast_solver();
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        Rng rng = make_rng(seed, "enumerate");
        const GslVectors vectors = random_vectors(3, 3, rng);
        BlsProblem problem = problem_of(vectors, uniform_targets(6, rng));
        for (int& target : problem.targets) target %= 9;
        problem.segments = 3;
        problem.segment = 2;
        BlsSolution trial{std::vector<std::uint8_t>(6, 0)};
        int optimum = bls_objective(problem, trial);
        for (int code = 0; code < 729; ++code) {
            for (int j = 0, rest = code; j < 6; ++j, rest /= 3)
                trial.segment_ones[static_cast<std::size_t>(j)] = static_cast<std::uint8_t>(rest % 3);
            optimum = std::min(optimum, bls_objective(problem, trial));
        }
        EXPECT_EQ(bls_objective(problem, exact->solve(problem, rng)), optimum) << "seed " << seed;
        EXPECT_GE(bls_objective(problem, fast->solve(problem, rng)), optimum) << "seed " << seed;
    }
}

TEST(FastSolverTest, IsNeverBelowThePairingBoundAndAlwaysPossible) {
    const auto solver = make_fast_solver();
    for (const int n : kSizes) {
        Rng rng = make_rng(21, "bound");
        const GslVectors vectors = random_vectors(n, 64, rng);
        for (int k = 0; k < 150; ++k) {
            const auto slots = static_cast<std::size_t>(2 * n);
            const BlsProblem problem =
                problem_of(vectors, k % 2 == 0 ? laplace_targets(slots, rng) : uniform_targets(slots, rng));
            const BlsSolution solution = solver->solve(problem, rng);
            expect_possible(problem, solution);
            EXPECT_GE(bls_objective(problem, solution), pairing_bound(problem.targets));
        }
    }
}

TEST(FastSolverTest, OneVectorIsAlwaysExact) {
    const auto solver = make_fast_solver();
    Rng rng = make_rng(22, "one");
    for (int k = 0; k < 40; ++k) {
        const GslVectors vectors = random_vectors(1, 64, rng);
        for (int i = 0; i < 25; ++i) {
            const BlsProblem problem = problem_of(vectors, uniform_targets(2, rng));
            EXPECT_EQ(bls_objective(problem, solver->solve(problem, rng)), 0)
                << problem.targets[0] << ", " << problem.targets[1];
        }
    }
}

TEST(FastSolverTest, IsWithinHalfAPercentOfTheExactOptimumOnAverage) {
    const auto exact = make_exact_solver();
    const auto fast = make_fast_solver();
    for (const int n : kSizes) {
        Rng rng = make_rng(23, "close");
        const GslVectors vectors = random_vectors(n, 64, rng);
        std::int64_t optimum = 0;
        std::int64_t found = 0;
        double exact_squares = 0.0;
        double fast_squares = 0.0;
        for (int k = 0; k < 60; ++k) {
            const BlsProblem problem = problem_of(vectors, laplace_targets(static_cast<std::size_t>(2 * n), rng));
            const BlsSolution best = exact->solve(problem, rng);
            const BlsSolution ours = fast->solve(problem, rng);
            EXPECT_GE(bls_objective(problem, ours), bls_objective(problem, best)) << "the reference is not optimal";
            optimum += bls_objective(problem, best);
            found += bls_objective(problem, ours);
            exact_squares += squared_error(problem, best);
            fast_squares += squared_error(problem, ours);
        }
        EXPECT_LE(static_cast<double>(found), 1.005 * static_cast<double>(optimum)) << "n = " << n;
        EXPECT_LE(fast_squares, exact_squares) << "the error is spread over both weights of a pair, n = " << n;
    }
}

TEST(FastSolverTest, ForcedErrorIsSharedByBothWeightsOfAPair) {
    Rng rng = make_rng(24, "share");
    const GslVectors vectors = random_vectors(2, 64, rng);
    const BlsProblem problem = problem_of(vectors, {100, 60, 100, 60}); // sums 200 and 120: 80 ones of error are forced
    const std::vector<int> counts = line_counts(problem, make_fast_solver()->solve(problem, rng));
    EXPECT_EQ(counts, (std::vector<int>{80, 80, 80, 80}));
}

TEST(FastSolverTest, ExtremeTargetsAreHandled) {
    const auto solver = make_fast_solver();
    for (const int n : kSizes) {
        Rng rng = make_rng(25, "extreme");
        const GslVectors vectors = random_vectors(n, 64, rng);
        const auto slots = static_cast<std::size_t>(2 * n);
        for (const int target : {0, 1, 254, 255}) {
            const BlsProblem problem = problem_of(vectors, std::vector<int>(slots, target));
            EXPECT_EQ(bls_objective(problem, solver->solve(problem, rng)), 0) << "all " << target << ", n = " << n;
        }
        std::vector<int> halves(slots, 0);
        std::fill_n(halves.begin(), n, 255); // every vector's line full, every complement empty
        std::vector<int> single(slots, 0);
        single[0] = 255;
        for (const std::vector<int>& targets : {halves, single}) {
            const BlsProblem problem = problem_of(vectors, targets);
            const BlsSolution solution = solver->solve(problem, rng);
            expect_possible(problem, solution);
            EXPECT_LE(bls_objective(problem, solution), n * 255);
        }
    }
}

TEST(FastSolverTest, FreeSlotsCostNothingAndHelp) {
    const auto exact = make_exact_solver();
    const auto fast = make_fast_solver();
    Rng rng = make_rng(26, "free");
    const GslVectors vectors = random_vectors(8, 64, rng);
    std::int64_t optimum = 0;
    std::int64_t found = 0;
    for (int k = 0; k < 30; ++k) {
        BlsProblem problem = problem_of(vectors, laplace_targets(16, rng));
        for (std::size_t slot = 10; slot < 16; ++slot)
            problem.targets[slot] = BlsProblem::kFree; // a layer's last chunk
        optimum += bls_objective(problem, exact->solve(problem, rng));
        const BlsSolution solution = fast->solve(problem, rng);
        expect_possible(problem, solution);
        found += bls_objective(problem, solution);
    }
    EXPECT_GE(found, optimum);
    EXPECT_LE(static_cast<double>(found), 1.02 * static_cast<double>(optimum));

    const BlsProblem all_free = problem_of(vectors, std::vector<int>(16, BlsProblem::kFree));
    EXPECT_EQ(bls_objective(all_free, fast->solve(all_free, rng)), 0);
    std::vector<int> lone(16, BlsProblem::kFree);
    lone[3] = 200;
    EXPECT_EQ(bls_objective(problem_of(vectors, lone), fast->solve(problem_of(vectors, lone), rng)), 0);
}

TEST(FastSolverTest, AnswersDependOnlyOnProblemAndGenerator) {
    Rng rng = make_rng(27, "repeat");
    const GslVectors vectors = random_vectors(8, 64, rng);
    const GslVectors others = random_vectors(8, 64, rng);
    const BlsProblem problem = problem_of(vectors, laplace_targets(16, rng));
    const auto used = make_fast_solver();
    Rng warm_up = make_rng(1, "warm up");
    used->solve(problem_of(others, laplace_targets(16, rng)), warm_up);
    Rng a = make_rng(2, "same");
    Rng b = make_rng(2, "same");
    EXPECT_EQ(used->solve(problem, a).segment_ones, make_fast_solver()->solve(problem, b).segment_ones);
}

TEST(FastSolverTest, OtherSegmentSizesKeepTheirLimits) {
    const auto solver = make_fast_solver();
    for (const int segment : {1, 2, 8}) {
        Rng rng = make_rng(28, "segments");
        const GslVectors vectors = random_vectors(4, 256 / segment, rng);
        BlsProblem problem = problem_of(vectors, {});
        problem.segment = segment;
        problem.segments = 256 / segment;
        for (int k = 0; k < 20; ++k) {
            problem.targets = laplace_targets(8, rng);
            const BlsSolution solution = solver->solve(problem, rng);
            expect_possible(problem, solution);
            EXPECT_LE(bls_objective(problem, solution), 1.1 * pairing_bound(problem.targets) + 8);
        }
    }
}

TEST(BlsProblemTest, InconsistentProblemsAreRefused) {
    Rng rng = make_rng(29, "refuse");
    const GslVectors vectors = random_vectors(2, 64, rng);
    for (const SolverKind kind : {SolverKind::exact, SolverKind::fast}) {
        const auto solver = make_solver(kind);
        EXPECT_THROW(solver->solve(BlsProblem{}, rng), ModelError);
        EXPECT_THROW(solver->solve(problem_of(vectors, {1, 2, 3}), rng), ModelError);
        EXPECT_THROW(solver->solve(problem_of(vectors, {1, 2, 3, -2}), rng), ModelError);
        BlsProblem longer = problem_of(vectors, {1, 2, 3, 4});
        longer.segments = 65;
        EXPECT_THROW(solver->solve(longer, rng), ModelError);
    }
}

// ---- mapping of layers
// ------------------------------------------------------------------------------------------------

QuantWeights random_layer(const MatrixShape& shape, Rng& rng) {
    QuantWeights weights;
    weights.shape = shape;
    const auto outputs = static_cast<std::size_t>(shape.groups * shape.outputs);
    weights.scale.assign(outputs, 1.0F);
    for (std::size_t o = 0; o < outputs; ++o)
        for (int k = 0; k < shape.inputs; ++k) {
            const auto magnitude = static_cast<std::int16_t>(laplace_targets(1, rng)[0]);
            const bool negative = boost::random::uniform_int_distribution<int>(0, 1)(rng) == 1;
            weights.q.push_back(negative ? static_cast<std::int16_t>(-magnitude) : magnitude);
        }
    return weights;
}

MapConfig config_with(int n) {
    MapConfig config;
    config.n = n;
    return config;
}

TEST(PlanLayerTest, EveryWeightHasExactlyOnePlace) {
    for (const MatrixShape shape : {MatrixShape{1, 25, 6}, {1, 40, 300}, {3, 9, 130}, {8, 9, 1}, {1, 16, 128}}) {
        const ArrayGeometry array;
        std::vector<int> places(static_cast<std::size_t>(shape.groups * shape.outputs * shape.inputs), 0);
        for (const CrossbarPlan& plan : plan_layer(shape, array, config_with(4))) {
            ASSERT_EQ(plan.inputs.size(), 8U);
            ASSERT_LE(plan.outputs, array.row_pairs());
            for (const std::int32_t input : plan.inputs)
                for (int o = 0; o < plan.outputs && input >= 0; ++o)
                    ++places[static_cast<std::size_t>(
                        ((plan.group * shape.outputs) + plan.first_output + o) * shape.inputs + input)];
        }
        for (const int times : places) ASSERT_EQ(times, 1);
    }
}

TEST(PlanLayerTest, InputsAreConsecutiveAndTheLastChunkIsPadded) {
    const auto plans = plan_layer({1, 6, 200}, {}, config_with(2));
    ASSERT_EQ(plans.size(), 4U);
    EXPECT_EQ(plans[0].inputs, (std::vector<std::int32_t>{0, 1, 2, 3}));
    EXPECT_EQ(plans[1].inputs, (std::vector<std::int32_t>{4, 5, -1, -1}));
    EXPECT_EQ(plans[0].outputs, 128);
    EXPECT_EQ(plans[2].first_output, 128);
    EXPECT_EQ(plans[3].outputs, 72);
}

struct MappedLayer {
    QuantWeights weights;
    std::vector<CrossbarPlan> plans;
    GslVectors vectors;
    std::vector<MappedCrossbar> crossbars;
};

MappedLayer map_layer(const MatrixShape& shape, int n, const ArrayGeometry& array, std::uint64_t seed) {
    Rng rng = make_rng(seed, "layer");
    MappedLayer layer{random_layer(shape, rng),
                      plan_layer(shape, array, config_with(n)),
                      random_vectors(n, array.segments(), rng),
                      {}};
    const auto solver = make_fast_solver();
    for (const CrossbarPlan& plan : layer.plans)
        layer.crossbars.push_back(map_crossbar(layer.weights, plan, array, layer.vectors, *solver, rng));
    return layer;
}

TEST(MapCrossbarTest, OneVectorRealisesEveryWeightExactly) {
    const ArrayGeometry array;
    const MappedLayer layer = map_layer({2, 5, 150}, 1, array, 30);
    for (std::size_t x = 0; x < layer.plans.size(); ++x) {
        const CrossbarPlan& plan = layer.plans[x];
        const auto realised = realised_weights(layer.crossbars[x], plan, MapScheme::paper, array, layer.vectors);
        EXPECT_EQ(layer.crossbars[x].mean_abs_error, 0.0);
        for (std::size_t slot = 0; slot < 2; ++slot)
            for (int o = 0; o < plan.outputs; ++o) {
                const int got = realised[slot * static_cast<std::size_t>(plan.outputs) + static_cast<std::size_t>(o)];
                const int output = plan.group * 150 + plan.first_output + o;
                const int input = plan.inputs[slot];
                ASSERT_EQ(got, input < 0 ? 0 : layer.weights.at(output, input))
                    << "output " << output << " slot " << slot;
            }
    }
}

TEST(MapCrossbarTest, RealisedWeightsAreFullScaleReadsWithSign) {
    const ArrayGeometry array;
    const int n = 8;
    const MappedLayer layer = map_layer({1, 30, 20}, n, array, 31);
    const std::vector<Word> all(4, ~Word{0});
    for (std::size_t x = 0; x < layer.plans.size(); ++x) {
        const CrossbarPlan& plan = layer.plans[x];
        const MappedCrossbar& crossbar = layer.crossbars[x];
        const auto realised = realised_weights(crossbar, plan, MapScheme::paper, array, layer.vectors);
        double error = 0.0;
        int used = 0;
        for (int slot = 0; slot < 2 * n; ++slot)
            for (int o = 0; o < plan.outputs; ++o) {
                const int got = realised[static_cast<std::size_t>(slot * plan.outputs + o)];
                const int input = plan.inputs[static_cast<std::size_t>(slot)];
                if (input < 0) {
                    ASSERT_EQ(got, 0);
                    continue;
                }
                const GslVector vector = layer.vectors.of_slot(slot, array.segments());
                const auto count = static_cast<int>(read_count_literal(crossbar.cells, array, o, vector, all.data()));
                const int weight = layer.weights.at(o, input);
                ASSERT_EQ(got, weight < 0 ? -count : count);
                error += std::abs(count - std::abs(weight));
                ++used;
            }
        EXPECT_DOUBLE_EQ(crossbar.mean_abs_error, error / used);
    }
}

TEST(MapCrossbarTest, UnusedRowPairsAndSignPlacesStayZero) {
    const ArrayGeometry array;
    const MappedLayer layer = map_layer({1, 3, 5}, 2, array, 32); // 5 of 128 row pairs, 3 of 4 slots
    const MappedCrossbar& crossbar = layer.crossbars.at(0);
    for (std::size_t r = 10; r < 256; ++r) ASSERT_EQ(popcount(crossbar.cells.row(r), 4), 0U);
    ASSERT_EQ(crossbar.signs.rows(), 2U);
    ASSERT_EQ(crossbar.signs.cols(), 256U);
    for (std::size_t row = 0; row < 2; ++row)
        for (std::size_t c = 0; c < 256; ++c) {
            const std::size_t pair = c % 128;
            const std::size_t slot = row + (c < 128 ? 0 : 2);
            const bool used = pair < 5 && slot < 3;
            const bool negative = used && layer.weights.at(static_cast<int>(pair), static_cast<int>(slot)) < 0;
            ASSERT_EQ(crossbar.signs.get(row, c), negative) << "slot " << slot << " pair " << pair;
        }
}

TEST(MapCrossbarTest, SameGeneratorGivesSameCellsAndAnotherOneDoesNot) {
    const ArrayGeometry array;
    Rng rng = make_rng(33, "cells");
    const QuantWeights weights = random_layer({1, 16, 12}, rng);
    const GslVectors vectors = random_vectors(8, 64, rng);
    const CrossbarPlan plan = plan_layer(weights.shape, array, config_with(8)).at(0);
    const auto cells_of = [&](std::uint64_t seed) {
        Rng own = make_rng(seed, "map");
        return map_crossbar(weights, plan, array, vectors, *make_fast_solver(), own).cells;
    };
    EXPECT_EQ(cells_of(1), cells_of(1));
    EXPECT_NE(cells_of(1), cells_of(2));
}

TEST(MapCrossbarTest, SmallArraysWithOtherSegmentsWork) {
    for (const ArrayGeometry array : {ArrayGeometry{8, 256, 8}, {16, 512, 4}, {4, 256, 1}, {512, 256, 2}}) {
        const MappedLayer layer = map_layer({1, 4, 7}, 1, array, 34);
        for (std::size_t x = 0; x < layer.plans.size(); ++x) {
            EXPECT_EQ(layer.crossbars[x].mean_abs_error, 0.0)
                << array.rows << "x" << array.cols << " by " << array.segment;
            EXPECT_EQ(layer.crossbars[x].signs.cols(), static_cast<std::size_t>(array.sign_bits()));
        }
    }
}

TEST(MapCrossbarTest, APlanOfAnotherSizeIsRefused) {
    Rng rng = make_rng(35, "refuse");
    const QuantWeights weights = random_layer({1, 4, 4}, rng);
    const GslVectors vectors = random_vectors(1, 64, rng);
    const CrossbarPlan plan = plan_layer(weights.shape, {}, config_with(2)).at(0);
    EXPECT_THROW(map_crossbar(weights, plan, {}, vectors, *make_fast_solver(), rng), ModelError);
}

} // namespace
} // namespace veilram::test
