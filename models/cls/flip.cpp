#include "models/cls/flip.hpp"

#include <algorithm>

namespace veilram {
namespace {

/// What is left of the mismatches as rows and columns flip, with the sums that decide on the next flip.
class Search {
public:
    Search(const BitMatrix& mismatch, const Extent& extent, std::size_t row_group)
        : left_(mismatch), rows_(extent.rows), cols_(extent.cols), group_(row_group), col_score_(extent.cols, 0) {
        result_.flips = no_flips(mismatch.rows(), mismatch.cols());
        for (std::size_t first = 0; first < rows_; first += group_) {
            group_score_.push_back(0);
            for (std::size_t r = first; r < end_of(first / group_); ++r) {
                group_score_.back() += static_cast<int>(popcount(left_.row(r), left_.words_per_row()));
                for_each_one(left_.row(r), [&](std::size_t c) { ++col_score_[c]; });
            }
        }
        result_.before = total();
    }

    FlipResult run() {
        result_.passes = flip_lines();
        result_.after_lines = total();
        while (flip_best_pair()) flip_lines();
        result_.after = total();
        return std::move(result_);
    }

private:
    std::size_t end_of(std::size_t g) const { return std::min((g + 1) * group_, rows_); }
    std::size_t size_of(std::size_t g) const { return end_of(g) - g * group_; }
    std::size_t total() const {
        std::size_t sum = 0;
        for (const int score : col_score_) sum += static_cast<std::size_t>(score);
        return sum;
    }
    template <class Visit> void for_each_one(const Word* row, Visit visit) const {
        for (std::size_t w = 0; w < words_for(cols_); ++w)
            for (Word bits = row[w]; bits != 0; bits &= bits - 1)
                visit(w * kWordBits + static_cast<std::size_t>(__builtin_ctzll(bits)));
    }

    void flip_col(std::size_t c) {
        col_score_[c] = static_cast<int>(rows_) - col_score_[c];
        for (std::size_t r = 0; r < rows_; ++r) {
            const bool was = left_.get(r, c);
            left_.set(r, c, !was);
            group_score_[r / group_] += was ? -1 : 1;
        }
        result_.flips.cols[c / kWordBits] ^= Word{1} << (c % kWordBits);
    }
    void flip_group(std::size_t g) {
        group_score_[g] = static_cast<int>(size_of(g) * cols_) - group_score_[g];
        for (std::size_t r = g * group_; r < end_of(g); ++r) {
            for (int& score : col_score_) ++score;
            for_each_one(left_.row(r), [&](std::size_t c) { col_score_[c] -= 2; });
            for (std::size_t c = 0; c < cols_; c += kWordBits) {
                const std::size_t here = std::min(kWordBits, cols_ - c);
                left_.row(r)[c / kWordBits] ^= here == kWordBits ? ~Word{0} : (Word{1} << here) - 1;
            }
            result_.flips.rows[r / kWordBits] ^= Word{1} << (r % kWordBits);
        }
    }

    /// How many passes that took.
    std::size_t flip_lines() {
        std::size_t passes = 0;
        for (bool changed = true; changed; ++passes) {
            changed = false;
            for (std::size_t c = 0; c < cols_; ++c)
                if (2 * static_cast<std::size_t>(col_score_[c]) > rows_) flip_col(c), changed = true;
            for (std::size_t g = 0; g < group_score_.size(); ++g)
                if (2 * static_cast<std::size_t>(group_score_[g]) > size_of(g) * cols_) flip_group(g), changed = true;
        }
        return passes;
    }

    /// The cells where the row group crosses the column keep their mismatches, all others of both change.
    bool flip_best_pair() {
        const int highest = *std::max_element(col_score_.begin(), col_score_.end());
        int best = 0;
        std::size_t best_group = 0, best_col = 0;
        for (std::size_t g = 0; g < group_score_.size(); ++g) {
            const int size = static_cast<int>(size_of(g));
            const int of_group =
                2 * group_score_[g] + 2 * size - size * static_cast<int>(cols_) - static_cast<int>(rows_);
            if (of_group + 2 * highest <= best) continue;
            for (std::size_t c = 0; c < cols_; ++c) {
                int crossing = 0;
                for (std::size_t r = g * group_; r < end_of(g); ++r) crossing += left_.get(r, c) ? 1 : 0;
                const int decrease = of_group + 2 * col_score_[c] - 4 * crossing;
                if (decrease > best) best = decrease, best_group = g, best_col = c;
            }
        }
        if (best <= 0) return false;
        flip_group(best_group);
        flip_col(best_col);
        ++result_.pairs;
        return true;
    }

    BitMatrix left_;
    std::size_t rows_, cols_, group_;
    std::vector<int> group_score_, col_score_;
    FlipResult result_;
};

} // namespace

bool FlipVectors::none() const {
    const auto zero = [](Word word) { return word == 0; };
    return std::all_of(rows.begin(), rows.end(), zero) && std::all_of(cols.begin(), cols.end(), zero);
}

FlipVectors no_flips(std::size_t rows, std::size_t cols) {
    return {std::vector<Word>(words_for(rows)), std::vector<Word>(words_for(cols))};
}

BitMatrix flipped(const BitMatrix& matrix, const FlipVectors& flips, const Extent& extent) {
    BitMatrix result(matrix.rows(), matrix.cols());
    for (std::size_t r = 0; r < extent.rows; ++r)
        for (std::size_t w = 0; w < words_for(extent.cols); ++w) {
            const std::size_t here = std::min(kWordBits, extent.cols - w * kWordBits);
            const Word mask = here == kWordBits ? ~Word{0} : (Word{1} << here) - 1;
            const Word row = get_bit(flips.rows.data(), r) ? ~Word{0} : Word{0};
            result.row(r)[w] = (matrix.row(r)[w] ^ row ^ flips.cols[w]) & mask;
        }
    return result;
}

FlipResult find_flips(const BitMatrix& mismatch, const Extent& extent, std::size_t row_group) {
    return Search(mismatch, extent, row_group).run();
}

} // namespace veilram
