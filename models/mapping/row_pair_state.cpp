#include "models/mapping/row_pair_state.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

namespace veilram {
namespace {

std::size_t padded(std::size_t count, std::size_t pad) { return (count + pad - 1) / pad * pad; }

} // namespace

SignMatrix::SignMatrix(const GslVectors& vectors, int segments)
    : vectors_(padded(vectors.vectors.size(), kVectorPad)),
      columns_(padded(static_cast<std::size_t>(segments), kColumnPad)), rows_(vectors_ * columns_),
      turned_(vectors_ * columns_) {
    if (vectors.vectors.size() > kMostVectors)
        throw ModelError(std::to_string(vectors.vectors.size()) + " GSL vectors; the fast solver takes up to " +
                         std::to_string(kMostVectors));
    for (std::size_t i = 0; i < vectors.vectors.size(); ++i)
        for (std::size_t j = 0; j < static_cast<std::size_t>(segments); ++j)
            rows_[i * columns_ + j] = turned_[j * vectors_ + i] = get_bit(vectors.vectors[i].data(), j) ? 1.0F : -1.0F;
}

RowPairState::RowPairState(const BlsProblem& problem, const SignMatrix& signs, int total)
    : segment_(problem.segment), signs_(&signs), total_(total),
      difference_(static_cast<std::size_t>(problem.segments), 0), sums_(signs.vectors()), price_(signs.columns()),
      even_(problem.targets, 0, problem.targets.size() / 2, signs.vectors()),
      odd_(problem.targets, problem.targets.size() / 2, problem.targets.size() / 2, signs.vectors()) {
    for (Blocks* blocks : {&any_, &inward_}) {
        blocks->up.assign(signs.columns(), kBlocked);
        blocks->down.assign(signs.columns(), kBlocked);
    }
    for (int j = 0; j < segments(); ++j) block(j, 0);
    lines_ = static_cast<float>(std::count_if(problem.targets.begin(), problem.targets.end(),
                                              [](int target) { return target != BlsProblem::kFree; }));
    update_errors();
}

RowPairState::Lines::Lines(const std::vector<int>& targets, std::size_t first, std::size_t count, std::size_t padded)
    : doubled_targets(padded), used(padded), doubled_errors(padded) {
    for (std::size_t i = 0; i < count; ++i) {
        const int target = targets[first + i];
        doubled_targets[i] = static_cast<float>(2 * target);
        used[i] = target == BlsProblem::kFree ? 0.0F : 1.0F;
    }
}

int RowPairState::room_at(int norm) const { return std::min(total_, capacity() - total_) - norm; }

void RowPairState::set_total(int total) {
    total_ = total;
    update_errors();
}

bool RowPairState::allowed(Step step) const { return std::abs(difference(step.column) + step.sign) <= segment_; }

void RowPairState::apply(Step step) {
    int& d = difference_[static_cast<std::size_t>(step.column)];
    norm_ -= std::abs(d);
    d += step.sign;
    norm_ += std::abs(d);
    const float* column = signs_->column(step.column);
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += static_cast<float>(step.sign) * column[i];
    block(step.column, d);
    update_errors();
}

void RowPairState::block(int column, int d) {
    const auto j = static_cast<std::size_t>(column);
    any_.up[j] = d < segment_ ? 0.0F : kBlocked;
    any_.down[j] = d > -segment_ ? 0.0F : kBlocked;
    inward_.up[j] = d < 0 ? 0.0F : kBlocked;
    inward_.down[j] = d > 0 ? 0.0F : kBlocked;
}

void RowPairState::update_errors() {
    const auto total = static_cast<float>(total_);
    for (std::size_t i = 0; i < sums_.size(); ++i) {
        even_.doubled_errors[i] = even_.used[i] * (total + sums_[i] - even_.doubled_targets[i]);
        odd_.doubled_errors[i] = odd_.used[i] * (total - sums_[i] - odd_.doubled_targets[i]);
    }
}

RowPairState::Prices RowPairState::price(Step first, int from) {
    const std::size_t first_column = static_cast<std::size_t>(from) / kColumnPad * kColumnPad;
    const int before = difference(first.column), after = before + first.sign;
    const bool outward = room_at(norm_ - std::abs(before) + std::abs(after)) > 0;
    block(first.column, after);
    const Blocks& blocks = outward ? any_ : inward_;
    const StepPrice found = price_steps({even_.doubled_errors.data(), odd_.doubled_errors.data(), even_.used.data(),
                                         odd_.used.data(), signs_->vectors(), first_column, signs_->columns(),
                                         signs_->rows(), blocks.up.data(), blocks.down.data(), weight_, lines_},
                                        signs_->column(first.column), static_cast<float>(first.sign), price_.data());
    block(first.column, before);
    bend_ = found.bend;
    return {found.cost, found.least, outward, first_column};
}

Step RowPairState::cheapest_step(const Prices& prices) const {
    const Blocks& blocks = prices.outward ? any_ : inward_;
    for (std::size_t j = prices.first_column; j < difference_.size(); ++j) {
        if (blocks.up[j] + price_[j] + bend_ == prices.least) return {static_cast<int>(j), 1};
        if (blocks.down[j] - price_[j] + bend_ == prices.least) return {static_cast<int>(j), -1};
    }
    throw ModelError("no step of a row pair has the price that was found for it");
}

int RowPairState::objective() const {
    float doubled = 0.0F;
    for (std::size_t i = 0; i < sums_.size(); ++i)
        doubled += std::abs(even_.doubled_errors[i]) + std::abs(odd_.doubled_errors[i]);
    return static_cast<int>(doubled) / 2;
}

} // namespace veilram
