#include "models/mapping/flip_search.hpp"

#include "models/mapping/cell_kernel.hpp"

#include <algorithm>
#include <deque>

namespace veilram {
namespace {

constexpr float kBarred = 1e30F;

} // namespace

FlipSearch::FlipSearch(std::size_t cols, Effort effort)
    : cols_(cols), cells_(2 * cols), effort_(effort), slope_(cells_), flip_(cells_), bend_(cells_), barred_(cells_) {}

void FlipSearch::start(const float* matrix, const float* slope, const Word* even, const Word* odd) {
    std::copy(slope, slope + cells_, slope_.begin());
    std::fill(barred_.begin(), barred_.end(), 0.0F);
    for (std::size_t c = 0; c < cells_; ++c) {
        const bool on = get_bit(c < cols_ ? even : odd, c % cols_);
        flip_[c] = on ? -1.0F : 1.0F;
        bend_[c] = matrix[c * cells_ + c];
        if (on) add_row(matrix + c * cells_, 1.0F, cells_, slope_.data());
    }
}

void FlipSearch::flip(const float* matrix, std::size_t cell) {
    add_row(matrix + cell * cells_, flip_[cell], cells_, slope_.data());
    flip_[cell] = -flip_[cell];
}

void FlipSearch::improve(const float* matrix, const float* slope, Word* even, Word* odd) {
    start(matrix, slope, even, odd);
    std::vector<float> best = flip_;
    std::deque<std::size_t> lately;
    double change = 0.0, least = 0.0;
    for (std::size_t i = 0; i < effort_.flips; ++i) {
        const Flip next = cheapest_flip({slope_.data(), flip_.data(), bend_.data(), barred_.data(), cells_});
        flip(matrix, next.bit);
        change += next.price;
        barred_[next.bit] = kBarred;
        lately.push_back(next.bit);
        if (lately.size() > effort_.barred_for) {
            barred_[lately.front()] = 0.0F;
            lately.pop_front();
        }
        if (change >= least) continue;
        least = change;
        best = flip_;
    }
    for (std::size_t c = 0; c < cells_; ++c) set_bit(c < cols_ ? even : odd, c % cols_, best[c] < 0.0F);
}

} // namespace veilram
