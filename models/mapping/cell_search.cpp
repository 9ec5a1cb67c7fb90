#include "models/mapping/cell_search.hpp"

#include "models/base/diagnostics.hpp"
#include "models/mapping/cell_kernel.hpp"
#include "models/nn/quantise.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace veilram {

CellSearch::WeightedRows CellSearch::weighted_rows(const StreamSource& source, const LevelShares& levels,
                                                   std::size_t cols) {
    std::vector<std::size_t> seen;
    for (std::size_t level = 0; level < kLevels; ++level)
        if (levels.share[level] > 0.0) seen.push_back(level);
    const double all = std::accumulate(levels.share.begin(), levels.share.end(), 0.0);
    const auto share = [&](std::size_t i) { return levels.share[seen[i]] / all; };
    const auto above = [&](std::size_t i) { return (static_cast<double>(seen[i]) - levels.zero) / kLevels; };

    BitMatrix streams(seen.size(), cols);
    std::vector<double> mean(cols);
    double mean_above = 0.0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        write_stream(source, static_cast<unsigned>(seen[i]), streams.row(i));
        mean_above += share(i) * above(i);
        for (std::size_t t = 0; t < cols; ++t) mean[t] += get_bit(streams.row(i), t) ? share(i) : 0.0;
    }
    WeightedRows rows; // the zero point's share of a line is the same at all levels: it goes with the mean
    for (std::size_t i = 0; i < seen.size(); ++i) {
        const double root = std::sqrt(share(i));
        for (std::size_t t = 0; t < cols; ++t)
            rows.lines.push_back(static_cast<float>(root * ((get_bit(streams.row(i), t) ? 1.0 : 0.0) - mean[t])));
        rows.targets.push_back(static_cast<float>(root * (above(i) - mean_above)));
    }
    return rows;
}

CellSearch::CellSearch(const GslVectors& vectors, const ArrayGeometry& array, const std::vector<StreamSource>& sources,
                       const std::vector<const LevelShares*>& levels, double spread)
    : cols_(static_cast<std::size_t>(array.cols)), cells_(2 * cols_),
      slots_(2 * vectors.vectors.size(), {std::vector<float>(cells_)}), matrix_(cells_ * cells_), search_(cols_, {}) {
    const std::size_t n = vectors.vectors.size();
    if (sources.size() != n || levels.size() != 2 * n || cols_ != kStreamBits)
        throw ModelError("the cell search needs a source for each vector, levels for each slot and " +
                         std::to_string(kStreamBits) + " word lines");
    std::vector<float> gram(cols_ * cols_);
    for (std::size_t i = 0; i < n; ++i) {
        const LevelShares* of_gram = nullptr;
        WeightedRows rows;
        for (const std::size_t slot : {i, n + i}) {
            if (levels[slot] == nullptr) continue;
            if (levels[slot] != of_gram) {
                of_gram = levels[slot];
                rows = weighted_rows(sources[i], *of_gram, cols_);
                gram_matrix(rows.lines.data(), rows.targets.size(), cols_, gram.data());
            }
            add_slot(slots_[slot], vectors.of_slot(static_cast<int>(slot), array.segments()), array.segment, rows,
                     gram);
        }
    }
    add_spread(array.segment, static_cast<float>(spread));
}

void CellSearch::add_spread(int segment, float spread) {
    const auto size = static_cast<std::size_t>(segment);
    for (std::size_t c = 0; c < cells_; ++c)
        for (std::size_t i = 0; i < size; ++i) {
            const std::size_t t = c % cols_ / size * size + i; // word lines of the same segment
            const bool even = c < cols_;
            matrix_[c * cells_ + t] -= even ? spread : -spread;
            matrix_[c * cells_ + cols_ + t] -= even ? -spread : spread;
        }
}

void CellSearch::add_slot(Slot& slot, const GslVector& vector, int segment, const WeightedRows& rows,
                          const std::vector<float>& gram) {
    std::vector<std::size_t> cell(cols_); // that the slot connects to each word line
    for (std::size_t t = 0; t < cols_; ++t)
        cell[t] = get_bit(vector.data(), t / static_cast<std::size_t>(segment)) ? t : cols_ + t;
    for (std::size_t t = 0; t < cols_; ++t) {
        float* row = matrix_.data() + cell[t] * cells_;
        for (std::size_t u = 0; u < cols_; ++u) row[cell[u]] += gram[t * cols_ + u];
        float& slope = slot.slope[cell[t]];
        for (std::size_t l = 0; l < rows.targets.size(); ++l) slope -= rows.lines[l * cols_ + t] * rows.targets[l];
    }
    for (const float target : rows.targets) slot.constant += static_cast<double>(target) * target;
}

std::vector<float> CellSearch::slope(const std::vector<int>& targets) const {
    std::vector<float> slope(cells_);
    for (std::size_t s = 0; s < slots_.size(); ++s)
        if (targets[s] != BlsProblem::kFree)
            for (std::size_t c = 0; c < cells_; ++c) slope[c] += static_cast<float>(targets[s]) * slots_[s].slope[c];
    return slope;
}

void CellSearch::improve(const std::vector<int>& targets, Word* even, Word* odd) {
    search_.improve(matrix_.data(), slope(targets).data(), even, odd);
}

double CellSearch::error(const std::vector<int>& targets, const Word* even, const Word* odd) const {
    double sum = 0.0;
    for (std::size_t c = 0; c < cells_; ++c) {
        if (!get_bit(c < cols_ ? even : odd, c % cols_)) continue;
        for (std::size_t other = 0; other < cells_; ++other)
            if (get_bit(other < cols_ ? even : odd, other % cols_)) sum += matrix_[c * cells_ + other];
        for (std::size_t s = 0; s < slots_.size(); ++s)
            if (targets[s] != BlsProblem::kFree) sum += 2.0 * targets[s] * slots_[s].slope[c];
    }
    for (std::size_t s = 0; s < slots_.size(); ++s)
        if (targets[s] != BlsProblem::kFree) sum += static_cast<double>(targets[s]) * targets[s] * slots_[s].constant;
    return sum;
}

} // namespace veilram
