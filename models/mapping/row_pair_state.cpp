#include "models/mapping/row_pair_state.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <cstdlib>

namespace veilram {

SignMatrix::SignMatrix(const GslVectors& vectors, int segments) : by_segment_(segments, vectors.count()) {
    for (int i = 0; i < vectors.count(); ++i) {
        const Word* vector = vectors.vectors[static_cast<std::size_t>(i)].data();
        for (int j = 0; j < segments; ++j)
            by_segment_(j, i) = get_bit(vector, static_cast<std::size_t>(j)) ? 1.0F : -1.0F;
    }
    by_vector_ = by_segment_.transpose();
}

RowPairState::RowPairState(const BlsProblem& problem, const SignMatrix& signs, int total)
    : segment_(problem.segment), signs_(&signs), total_(total),
      difference_(static_cast<std::size_t>(problem.segments), 0), sums_(Eigen::ArrayXf::Zero(problem.vectors->count())),
      slope_(problem.vectors->count()), price_(problem.segments), even_(problem.targets, 0, problem.vectors->count()),
      odd_(problem.targets, problem.vectors->count(), problem.vectors->count()) {
    for (Blocks* blocks : {&any_, &inward_}) {
        blocks->up.resize(problem.segments);
        blocks->down.resize(problem.segments);
    }
    for (int j = 0; j < segments(); ++j) update_blocks(j);
}

RowPairState::Lines::Lines(const std::vector<int>& targets, int first, int count)
    : doubled_targets(count), used(count), doubled_errors(count) {
    for (int i = 0; i < count; ++i) {
        const int target = targets[static_cast<std::size_t>(first + i)];
        doubled_targets[i] = static_cast<float>(2 * target);
        used[i] = target == BlsProblem::kFree ? 0.0F : 1.0F;
    }
}

int RowPairState::room() const { return std::min(total_, capacity() - total_) - norm_; }

bool RowPairState::allowed(Step step) const { return std::abs(difference(step.column) + step.sign) <= segment_; }

void RowPairState::apply(Step step) {
    int& d = difference_[static_cast<std::size_t>(step.column)];
    norm_ -= std::abs(d);
    d += step.sign;
    norm_ += std::abs(d);
    sums_ += static_cast<float>(step.sign) * signs_->by_vector().col(step.column).array();
    update_blocks(step.column);
}

void RowPairState::update_blocks(int column) {
    const int d = difference(column);
    any_.up[column] = d < segment_ ? 0.0F : kBlocked;
    any_.down[column] = d > -segment_ ? 0.0F : kBlocked;
    inward_.up[column] = d < 0 ? 0.0F : kBlocked;
    inward_.down[column] = d > 0 ? 0.0F : kBlocked;
}

// With f(r) = weight * |r| + r^2 for a doubled error r, a step adds (f(r+1) + f(r-1)) / 2 - f(r) on every line, the
// bend, and (f(r+1) - f(r-1)) / 2 with the sign that the step has on that line, the slope.
double RowPairState::measure() {
    update_errors();
    const Eigen::ArrayXf& a = even_.doubled_errors;
    const Eigen::ArrayXf& b = odd_.doubled_errors;
    const auto sign_a = a.max(-1.0F).min(1.0F); // errors are whole numbers
    const auto sign_b = b.max(-1.0F).min(1.0F);
    slope_ = 2.0F * (a - b) + weight_ * (sign_a - sign_b);
    const float hits = (even_.used - sign_a.square() + odd_.used - sign_b.square()).sum();
    bend_ = (even_.used + odd_.used).sum() + weight_ * hits;
    return static_cast<double>(weight_) * (a.abs() + b.abs()).sum() + (a.square() + b.square()).sum();
}

void RowPairState::update_errors() {
    const auto total = static_cast<float>(total_);
    even_.doubled_errors = even_.used * (total + sums_ - even_.doubled_targets);
    odd_.doubled_errors = odd_.used * (total - sums_ - odd_.doubled_targets);
}

float RowPairState::least_price(bool outward) {
    const Blocks& blocks = outward ? any_ : inward_;
    price_.noalias() = signs_->by_segment() * slope_.matrix();
    const auto up = blocks.up + price_.array();
    const auto down = blocks.down - price_.array();
    return up.min(down).minCoeff() + bend_;
}

Step RowPairState::cheapest_step(bool outward, float price) const {
    const Blocks& blocks = outward ? any_ : inward_;
    for (int j = 0; j < segments(); ++j) {
        if (blocks.up[j] + price_[j] + bend_ == price) return {j, 1};
        if (blocks.down[j] - price_[j] + bend_ == price) return {j, -1};
    }
    throw ModelError("no step of a row pair has the price that was found for it");
}

int RowPairState::objective() {
    update_errors();
    return static_cast<int>((even_.doubled_errors.abs() + odd_.doubled_errors.abs()).sum()) / 2;
}

} // namespace veilram
