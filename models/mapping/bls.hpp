// Bit-line sharing (paper section IV, docs/model.md, section 5): one row pair as an integer problem, and its solvers.
#pragma once

#include "models/base/random.hpp"
#include "models/sc/geometry.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace veilram {

/// One row pair: n vectors, 2n targets. segment_ones S_j is wanted for j = 0..2*segments-1 (first half row 2p, second half row 2p+1).
struct BlsProblem {
    const GslVectors* vectors = nullptr;
    int segments = 64;
    int segment = 4;                 ///< largest S_j
    std::vector<int> targets;        ///< 2n entries; kFree where no weight is mapped

    static constexpr int kFree = -1; ///< an unused slot: any count is right
};

struct BlsSolution {
    std::vector<std::uint8_t> segment_ones; ///< S_j
};

/// Throws ModelError unless the problem has vectors of its size and one target a slot, each kFree or not negative.
void check_problem(const BlsProblem& problem);

/// Ones on every logical line (2n entries) that `solution` gives.
std::vector<int> line_counts(const BlsProblem& problem, const BlsSolution& solution);
/// Sum over the used slots of |line - target|: the paper's objective.
int bls_objective(const BlsProblem& problem, const BlsSolution& solution);
/// No solution is below sum_i |s_i - median(s)|, s_i = q_i + q_(n+i): line_i + line_(n+i) is the same for every i. A pair with a free slot
/// adds nothing to it.
int pairing_bound(const std::vector<int>& targets);

/// Solves row pairs. Deterministic: the same problem and generator give the same solution.
class BlsSolver {
public:
    virtual ~BlsSolver() = default;
    virtual BlsSolution solve(const BlsProblem& problem, Rng& rng) = 0;
};

enum class SolverKind { exact, fast };

/// The paper's MIP on CBC: the reference. Optimal; a few ms per row pair.
std::unique_ptr<BlsSolver> make_exact_solver();
/// Our search: least-squares descent, then pairs of steps, then a line search over the total number of ones. Minimises the objective
/// first, then the sum of squares, so that the error the bound forces is spread over both weights of a pair. Keeps the sign matrix of
/// the vectors it saw last: solve the row pairs of a crossbar in a row, with one solver per thread.
std::unique_ptr<BlsSolver> make_fast_solver();
std::unique_ptr<BlsSolver> make_solver(SolverKind kind);

} // namespace veilram
