#include "models/sc/row_adder.hpp"

#include <algorithm>

namespace veilram {
namespace {

/// Half of a common second-level cache; the other half is for sums and levels passing by.
constexpr std::size_t kTableBytes = 256 * 1024;

} // namespace

RowAdder::RowAdder(std::size_t outputs)
    : outputs_(outputs), width_(width_for(outputs)), capacity_(kTableBytes / (kStreamBits * width_)),
      tables_(kTableBytes), flipped_(outputs) {}

void RowAdder::begin(const LevelView& levels, const SumView& sums) {
    levels_ = levels;
    sums_view_ = sums;
    sums_.assign(levels.positions * width_, 0);
    waiting_.clear();
    in_sums_ = 0;
    std::fill(flipped_.begin(), flipped_.end(), 0);
}

std::uint8_t* RowAdder::add_input(std::size_t input, const OutputBytes& flip) {
    if (waiting_.size() == capacity_) add_waiting();
    for (std::size_t o = 0; o < outputs_; ++o) flipped_[o] += flip[o] != 0 ? 1 : 0;
    waiting_.push_back(levels_.offsets[input]);
    return tables_.data() + (waiting_.size() - 1) * kStreamBits * width_;
}

void RowAdder::add_waiting() {
    if (in_sums_ + waiting_.size() > kMostRowAdds) flush();
    add_rows({levels_.levels, levels_.origins, levels_.positions, waiting_.data(), waiting_.size(), width_,
              tables_.data(), sums_.data()});
    in_sums_ += waiting_.size();
    waiting_.clear();
}

void RowAdder::flush() {
    flush_sums(sums_.data(), levels_.positions, width_, outputs_, sums_view_.acc, sums_view_.stride);
    in_sums_ = 0;
}

void RowAdder::finish() {
    add_waiting();
    flush();
    for (std::size_t p = 0; p < levels_.positions; ++p) // the sum of 255 - code is 255 too high for each
        for (std::size_t o = 0; o < outputs_; ++o) sums_view_.acc[p * sums_view_.stride + o] -= 255 * flipped_[o];
}

} // namespace veilram
