#include "models/sc/row_adder.hpp"

#include "models/base/parallel.hpp"

#include <algorithm>

namespace veilram {
namespace {

/// Half of a common second-level cache; the other half is for sums and levels passing by.
constexpr std::size_t kTableBytes = 256 * 1024;

/// Additions of a row that are worth a task of their own: some 20 us.
constexpr std::size_t kRowsWorthTask = 1 << 15;

} // namespace

RowAdder::RowAdder(std::size_t outputs)
    : outputs_(outputs), width_(width_for(outputs)), capacity_(kTableBytes / (kStreamBits * width_)),
      tables_(capacity_ * table_step(width_)), flipped_(outputs) {}

void RowAdder::begin(const LevelView& levels, const SumView& sums) {
    levels_ = levels;
    sums_view_ = sums;
    sums_.assign(levels.positions * width_, 0);
    waiting_.clear();
    in_sums_ = 0;
    std::fill(flipped_.begin(), flipped_.end(), 0);
}

void RowAdder::add_inputs(const std::vector<SignedInput>& inputs, const Fill& fill) {
    for (std::size_t first = 0; first < inputs.size();) {
        if (waiting_.size() == capacity_) add_waiting();
        const std::size_t place = waiting_.size(), count = std::min(capacity_ - place, inputs.size() - first);
        for (std::size_t i = first; i < first + count; ++i) {
            waiting_.push_back(levels_.offsets[inputs[i].input]);
            for (std::size_t o = 0; o < outputs_; ++o) flipped_[o] += inputs[i].flip[o] != 0 ? 1 : 0;
        }
        parallel_for(count, [&](std::size_t i) { fill(first + i, table(place + i)); });
        first += count;
    }
}

void RowAdder::add_waiting() {
    if (in_sums_ + waiting_.size() > kMostRowAdds) flush();
    const std::size_t grain = kRowsWorthTask / std::max<std::size_t>(waiting_.size(), 1) + 1;
    parallel_ranges(levels_.positions, grain, [&](std::size_t first, std::size_t last) {
        add_rows({levels_.levels, levels_.origins + first, last - first, waiting_.data(), waiting_.size(), width_,
                  tables_.data(), sums_.data() + first * width_});
    });
    in_sums_ += waiting_.size();
    waiting_.clear();
}

void RowAdder::flush() {
    parallel_ranges(levels_.positions, kRowsWorthTask, [&](std::size_t first, std::size_t last) {
        flush_sums(sums_.data() + first * width_, last - first, width_, outputs_,
                   sums_view_.acc + first * sums_view_.stride, sums_view_.stride);
    });
    in_sums_ = 0;
}

void RowAdder::finish() {
    add_waiting();
    flush();
    parallel_ranges(levels_.positions, kRowsWorthTask, [&](std::size_t first, std::size_t last) {
        for (std::size_t p = first; p < last; ++p) // the sum of 255 - code is 255 too high for each
            for (std::size_t o = 0; o < outputs_; ++o) sums_view_.acc[p * sums_view_.stride + o] -= 255 * flipped_[o];
    });
}

} // namespace veilram
