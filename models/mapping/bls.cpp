#include "models/mapping/bls.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace veilram {

void check_problem(const BlsProblem& problem) {
    if (problem.vectors == nullptr || problem.segments < 1 || problem.segment < 1)
        throw ModelError("a row pair needs GSL vectors and at least one segment of one cell");
    if (problem.targets.size() != static_cast<std::size_t>(problem.vectors->slots()))
        throw ModelError("a row pair with " + std::to_string(problem.vectors->slots()) + " slots has " +
                         std::to_string(problem.targets.size()) + " targets");
    for (const GslVector& vector : problem.vectors->vectors)
        if (vector.size() != words_for(static_cast<std::size_t>(problem.segments)))
            throw ModelError("a GSL vector does not have one bit for each of " + std::to_string(problem.segments) +
                             " segments");
    for (const int target : problem.targets)
        if (target < 0 && target != BlsProblem::kFree)
            throw ModelError("a logical line cannot hold " + std::to_string(target) + " ones");
}

std::vector<int> line_counts(const BlsProblem& problem, const BlsSolution& solution) {
    const int n = problem.vectors->count();
    std::vector<int> counts(static_cast<std::size_t>(2 * n), 0);
    for (int i = 0; i < n; ++i) {
        const Word* vector = problem.vectors->vectors[static_cast<std::size_t>(i)].data();
        for (int j = 0; j < problem.segments; ++j) {
            const auto column = static_cast<std::size_t>(j);
            const bool even = get_bit(vector, column);
            const int even_ones = solution.segment_ones[column];
            const int odd_ones = solution.segment_ones[column + static_cast<std::size_t>(problem.segments)];
            counts[static_cast<std::size_t>(i)] += even ? even_ones : odd_ones;
            counts[static_cast<std::size_t>(n + i)] += even ? odd_ones : even_ones;
        }
    }
    return counts;
}

int bls_objective(const BlsProblem& problem, const BlsSolution& solution) {
    const std::vector<int> counts = line_counts(problem, solution);
    int objective = 0;
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (problem.targets[i] != BlsProblem::kFree) objective += std::abs(counts[i] - problem.targets[i]);
    return objective;
}

int pairing_bound(const std::vector<int>& targets) {
    const std::size_t n = targets.size() / 2;
    std::vector<int> sums;
    for (std::size_t i = 0; i < n; ++i)
        if (targets[i] != BlsProblem::kFree && targets[n + i] != BlsProblem::kFree)
            sums.push_back(targets[i] + targets[n + i]);
    if (sums.empty()) return 0;
    const auto middle = sums.begin() + static_cast<std::ptrdiff_t>(sums.size() / 2);
    std::nth_element(sums.begin(), middle, sums.end());
    int bound = 0;
    for (const int sum : sums) bound += std::abs(sum - *middle);
    return bound;
}

std::unique_ptr<BlsSolver> make_solver(SolverKind kind) {
    switch (kind) {
    case SolverKind::exact:
        return make_exact_solver();
    case SolverKind::fast:
        return make_fast_solver();
    }
    throw ModelError("unknown kind of bit-line sharing solver");
}

} // namespace veilram
