#include "models/mapping/input_order.hpp"

#include <boost/random/uniform_int_distribution.hpp>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

namespace veilram {
namespace {

constexpr std::size_t kTries = 60; ///< exchanges tried for each input

/// Full crossbars that hold the same outputs. The price of an order is the sum over crossbars and outputs of the
/// variance of the pair sums, times the number of pairs.
class Block {
public:
    Block(const QuantWeights& weights, std::vector<CrossbarPlan*> plans)
        : plans_(std::move(plans)), outputs_(static_cast<std::size_t>(plans_.front()->outputs)),
          pairs_(plans_.front()->inputs.size() / 2), magnitudes_(size() * outputs_),
          sums_(plans_.size() * pairs_ * outputs_), totals_(plans_.size() * outputs_) {
        for (std::size_t i = 0; i < size(); ++i) {
            order_.push_back(i);
            const CrossbarPlan& plan = *plans_[i / slots()];
            for (std::size_t o = 0; o < outputs_; ++o) {
                const int output = plan.group * weights.shape.outputs + plan.first_output + static_cast<int>(o);
                const auto magnitude = static_cast<float>(std::abs(int{weights.at(output, plan.inputs[i % slots()])}));
                magnitudes_[i * outputs_ + o] = magnitude;
                sums_[pair_of(i) * outputs_ + o] += magnitude;
                totals_[i / slots() * outputs_ + o] += magnitude;
            }
        }
    }

    void improve(Rng& rng) {
        boost::random::uniform_int_distribution<std::size_t> draw(0, size() - 1);
        for (std::size_t i = 0; i < kTries * size(); ++i) {
            const std::size_t a = draw(rng), b = draw(rng);
            if (pair_of(a) != pair_of(b) && price(a, b) < 0.0F) exchange(a, b);
        }
    }

    void write() const {
        std::vector<std::int32_t> inputs;
        for (const CrossbarPlan* plan : plans_) inputs.insert(inputs.end(), plan->inputs.begin(), plan->inputs.end());
        for (std::size_t i = 0; i < size(); ++i) plans_[i / slots()]->inputs[i % slots()] = inputs[order_[i]];
    }

private:
    std::size_t slots() const { return 2 * pairs_; }
    std::size_t size() const { return plans_.size() * slots(); }
    /// Slots i and n+i of a crossbar make a pair.
    std::size_t pair_of(std::size_t place) const { return place / slots() * pairs_ + place % pairs_; }
    const float* magnitudes(std::size_t place) const { return magnitudes_.data() + order_[place] * outputs_; }

    /// What exchanging the inputs of two places would change.
    float price(std::size_t a, std::size_t b) const {
        const float *x = magnitudes(a), *y = magnitudes(b);
        const float *sum_a = sums_.data() + pair_of(a) * outputs_, *sum_b = sums_.data() + pair_of(b) * outputs_;
        const float *total_a = totals_.data() + a / slots() * outputs_,
                    *total_b = totals_.data() + b / slots() * outputs_;
        const float share = a / slots() == b / slots() ? 0.0F : 1.0F / static_cast<float>(pairs_);
        float price = 0.0F;
        for (std::size_t o = 0; o < outputs_; ++o) {
            const float d = y[o] - x[o];
            price += 2.0F * d * (sum_a[o] - sum_b[o] + d - share * (total_a[o] - total_b[o] + d));
        }
        return price;
    }

    void exchange(std::size_t a, std::size_t b) {
        const float *x = magnitudes(a), *y = magnitudes(b);
        for (std::size_t o = 0; o < outputs_; ++o) {
            const float d = y[o] - x[o];
            sums_[pair_of(a) * outputs_ + o] += d;
            sums_[pair_of(b) * outputs_ + o] -= d;
            totals_[a / slots() * outputs_ + o] += d;
            totals_[b / slots() * outputs_ + o] -= d;
        }
        std::swap(order_[a], order_[b]);
    }

    std::vector<CrossbarPlan*> plans_;
    std::size_t outputs_, pairs_;
    std::vector<std::size_t> order_; ///< which input, as numbered at the start, is at each place
    std::vector<float> magnitudes_;  ///< [inputs][outputs]
    std::vector<float> sums_;        ///< [pairs][outputs]
    std::vector<float> totals_;      ///< [crossbars][outputs]
};

bool is_full(const CrossbarPlan& plan) {
    return std::all_of(plan.inputs.begin(), plan.inputs.end(), [](std::int32_t input) { return input >= 0; });
}

} // namespace

void match_inputs(const QuantWeights& weights, std::vector<CrossbarPlan>& plans, Rng& rng) {
    std::map<std::pair<int, int>, std::vector<CrossbarPlan*>> blocks; // by group and first output
    for (CrossbarPlan& plan : plans)
        if (is_full(plan)) blocks[{plan.group, plan.first_output}].push_back(&plan);
    for (auto& [place, members] : blocks) {
        Block block(weights, members);
        block.improve(rng);
        block.write();
    }
}

} // namespace veilram
