// Our solver for bit-line sharing: a local search in the space that row_pair_state.hpp describes.
#include "models/mapping/row_pair_state.hpp"

#include <boost/random/uniform_int_distribution.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace veilram {
namespace {

constexpr float kSquaresOnly = 0.0F;
constexpr float kAbsoluteFirst = 4096.0F; ///< weight of an absolute error against the squares that break ties
constexpr int kFirstStride = 8;           ///< how far the total moves at first when the search looks for a better one

/// s_i of the pairs whose slots are both used, ascending.
std::vector<int> pair_sums(const std::vector<int>& targets) {
    const std::size_t n = targets.size() / 2;
    std::vector<int> sums;
    for (std::size_t i = 0; i < n; ++i)
        if (targets[i] != BlsProblem::kFree && targets[n + i] != BlsProblem::kFree)
            sums.push_back(targets[i] + targets[n + i]);
    std::sort(sums.begin(), sums.end());
    return sums;
}

class Search {
public:
    Search(const BlsProblem& problem, const SignMatrix& signs)
        : sums_(pair_sums(problem.targets)), bound_(pairing_bound(problem.targets)),
          state_(problem, signs, first_total(problem)) {}

    /// Line search for the best total: with fractional S_j the smallest cost is a convex function of it.
    const RowPairState& run() {
        state_.set_weight(kSquaresOnly);
        descend();
        state_.set_weight(kAbsoluteFirst);
        descend();
        repair();
        cost_ = settle();
        for (int stride = kFirstStride; stride > 0; stride /= 2) {
            while (move_total(-stride)) {
            }
            while (move_total(stride)) {
            }
        }
        return state_;
    }

private:
    /// Among the totals that make the pairing bound smallest, the one with the smallest squared error.
    int first_total(const BlsProblem& problem) const {
        const int capacity = 2 * problem.segments * problem.segment;
        if (sums_.empty()) { // any total will do: give each line half of it
            const int largest = *std::max_element(problem.targets.begin(), problem.targets.end());
            return std::clamp(2 * largest, 0, capacity);
        }
        const int low = sums_[(sums_.size() - 1) / 2];
        const int high = sums_[sums_.size() / 2];
        const double mean = std::accumulate(sums_.begin(), sums_.end(), 0.0) / static_cast<double>(sums_.size());
        return std::min(std::clamp(static_cast<int>(std::lround(mean)), low, high), capacity);
    }

    /// Single steps, cheapest first, as long as they help. This comes close to the smallest sum |d_j|.
    void descend() {
        for (;;) {
            const RowPairState::Prices prices = state_.price();
            if (prices.least >= 0.0F) return;
            state_.apply(state_.cheapest_step(prices));
        }
    }

    /// Makes the differences possible at the present total, at the least cost.
    void repair() {
        while (state_.room() < 0 || !state_.parity_fits()) state_.apply(state_.cheapest_step(state_.price()));
    }

    /// Pairs of steps until none helps. Returns the cost.
    double settle() {
        double cost = state_.price().cost;
        const int steps = 2 * state_.segments();
        for (int step = 0, failed = 0; failed < steps; step = (step + 1) % steps)
            failed = take_pair({step / 2, step % 2 == 0 ? 1 : -1}, cost) ? 0 : failed + 1;
        return cost;
    }

    /// Adds the cheapest second step, on the same column or a later one - pairs have no order -, and keeps both if they
    /// lower the cost.
    bool take_pair(Step first, double& cost) {
        if (!state_.allowed(first)) return false;
        const RowPairState::Prices prices = state_.price(first, first.column);
        if (prices.cost + prices.least >= cost) return false;
        state_.apply(first);
        state_.apply(state_.cheapest_step(prices));
        cost = prices.cost + prices.least;
        return true;
    }

    /// Searches again from the present solution with another total; keeps the better one.
    bool move_total(int by) {
        const int objective = state_.objective();
        const int total = state_.total() + by;
        if (objective <= bound_ || total < 0 || total > state_.capacity() || least_objective(total) > objective)
            return false;
        const RowPairState best = state_;
        state_.set_total(total);
        repair();
        if (const double cost = settle(); cost < cost_) {
            cost_ = cost;
            return true;
        }
        state_ = best;
        return false;
    }

    /// line_i + line_(n+i) is the total, so the two errors of a pair add up to at least this.
    int least_objective(int total) const {
        int objective = 0;
        for (const int sum : sums_) objective += std::abs(sum - total);
        return objective;
    }

    const std::vector<int> sums_;
    const int bound_;
    RowPairState state_;
    double cost_ = 0.0;
};

/// S_j from the differences; what the total leaves over goes round all segments in random order, a pair of ones a time.
BlsSolution spread(const RowPairState& state, int segment, Rng& rng) {
    const auto segments = static_cast<std::size_t>(state.segments());
    std::vector<std::size_t> order(segments);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = segments; i > 1; --i)
        std::swap(order[i - 1], order[boost::random::uniform_int_distribution<std::size_t>(0, i - 1)(rng)]);

    BlsSolution solution;
    std::vector<std::uint8_t>& ones = solution.segment_ones;
    ones.resize(2 * segments);
    for (std::size_t j = 0; j < segments; ++j) {
        const int d = state.difference(static_cast<int>(j));
        ones[j] = static_cast<std::uint8_t>(std::max(d, 0));
        ones[segments + j] = static_cast<std::uint8_t>(std::max(-d, 0));
    }
    for (int left = state.spare_pairs(); left > 0;)
        for (const std::size_t j : order) {
            if (left == 0 || ones[j] == segment || ones[segments + j] == segment) continue;
            ++ones[j];
            ++ones[segments + j];
            --left;
        }
    return solution;
}

class FastSolver final : public BlsSolver {
public:
    BlsSolution solve(const BlsProblem& problem, Rng& rng) override {
        check_problem(problem);
        if (problem.vectors->vectors != vectors_ || problem.segments != segments_) {
            vectors_ = problem.vectors->vectors;
            segments_ = problem.segments;
            signs_ = SignMatrix(*problem.vectors, segments_);
        }
        Search search(problem, signs_);
        return spread(search.run(), problem.segment, rng);
    }

private:
    std::vector<GslVector> vectors_; ///< those that `signs_` holds; all row pairs of a crossbar share them
    int segments_ = 0;
    SignMatrix signs_;
};

} // namespace

std::unique_ptr<BlsSolver> make_fast_solver() { return std::make_unique<FastSolver>(); }

} // namespace veilram
