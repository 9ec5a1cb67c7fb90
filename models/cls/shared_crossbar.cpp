#include "models/cls/shared_crossbar.hpp"

#include "models/base/diagnostics.hpp"
#include "models/sc/crossbar_read.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace veilram {
namespace {

BitMatrix transposed(const BitMatrix& matrix, std::size_t rows) {
    BitMatrix result(matrix.cols(), rows);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < matrix.cols(); ++c) result.set(c, r, matrix.get(r, c));
    return result;
}

void check_pairs(const ArrayGeometry& array, const FlipVectors& flips) {
    for (std::size_t even = 0; even < static_cast<std::size_t>(array.rows); even += 2) {
        if (get_bit(flips.rows.data(), even) != get_bit(flips.rows.data(), even + 1))
            throw ModelError("the rows of pair " + std::to_string(even / 2) + " flip apart: one bit line reads both");
    }
}

/// y of a member from the sums of the centroid's columns and of the two metadata columns.
std::vector<std::int64_t> adjusted(const std::vector<std::int64_t>& sums, const FlipVectors& flips, std::size_t cols,
                                   std::size_t rfv_column) {
    std::vector<std::int64_t> y;
    for (std::size_t o = 0; o < cols; ++o)
        y.push_back(get_bit(flips.cols.data(), o) ? sums[rfv_column + 1] - sums[o] : sums[o] - sums[rfv_column]);
    return y;
}

std::vector<int> signed_inputs(std::vector<int> inputs, const FlipVectors& flips) {
    for (std::size_t r = 0; r < inputs.size(); ++r)
        if (get_bit(flips.rows.data(), r)) inputs[r] = -inputs[r];
    return inputs;
}

} // namespace

SharedCrossbar::SharedCrossbar(const BitMatrix& centroid, const std::vector<FlipVectors>& members)
    : rows_(centroid.rows()), cols_(centroid.cols()) {
    const std::size_t metadata = kMetadataLines * members.size();
    cells_ = BitMatrix(rows_ + metadata, std::max(cols_ + metadata, rows_)); // RFV lies in a row, too
    for (std::size_t r = 0; r < rows_; ++r) std::copy_n(centroid.row(r), centroid.words_per_row(), cells_.row(r));
    for (std::size_t m = 0; m < members.size(); ++m) {
        const FlipVectors& flips = members[m];
        if (flips.rows.size() != words_for(rows_) || flips.cols.size() != words_for(cols_))
            throw ModelError("flip vectors of member " + std::to_string(m) + " do not fit a centroid of " +
                             std::to_string(rows_) + "x" + std::to_string(cols_));
        const std::size_t row = rows_ + kMetadataLines * m, col = cols_ + kMetadataLines * m;
        for (std::size_t c = 0; c < cols_; ++c) cells_.set(row, c, get_bit(flips.cols.data(), c));
        for (std::size_t r = 0; r < rows_; ++r) {
            const bool flip = get_bit(flips.rows.data(), r);
            cells_.set(row + 1, r, flip);
            cells_.set(r, col, flip);
            cells_.set(r, col + 1, !flip);
        }
    }
    columns_ = transposed(cells_, rows_);
}

FlipVectors SharedCrossbar::flips(std::size_t member) const {
    FlipVectors flips = no_flips(rows_, cols_);
    const std::size_t row = rows_ + kMetadataLines * member;
    for (std::size_t c = 0; c < cols_; ++c) set_bit(flips.cols.data(), c, cells_.get(row, c));
    for (std::size_t r = 0; r < rows_; ++r) set_bit(flips.rows.data(), r, cells_.get(row + 1, r));
    return flips;
}

std::vector<std::int64_t> SharedCrossbar::read_literal(std::size_t member, const std::vector<int>& inputs) const {
    const FlipVectors vectors = flips(member);
    std::vector<std::int64_t> sums(cells_.cols(), 0);
    for (std::size_t c = 0; c < cells_.cols(); ++c)
        for (std::size_t r = 0; r < rows_; ++r) {
            const int driven = get_bit(vectors.rows.data(), r) ? -inputs[r] : inputs[r];
            if (cells_.get(r, c)) sums[c] += driven;
        }
    return adjusted(sums, vectors, cols_, cols_ + kMetadataLines * member);
}

std::vector<std::int64_t> SharedCrossbar::read(std::size_t member, const std::vector<int>& inputs) const {
    const FlipVectors vectors = flips(member);
    const std::vector<int> driven = signed_inputs(inputs, vectors);
    int largest = 0;
    for (const int x : driven) largest = std::max(largest, std::abs(x));
    std::vector<std::int64_t> sums(cells_.cols(), 0);
    std::vector<std::uint16_t> counts(cells_.cols());
    for (int bit = 0; largest >> bit != 0; ++bit)
        for (const int sign : {1, -1}) {
            std::vector<Word> stream(columns_.words_per_row());
            for (std::size_t r = 0; r < rows_; ++r)
                set_bit(stream.data(), r, sign * driven[r] > 0 && ((std::abs(driven[r]) >> bit) & 1) != 0);
            read_counts(columns_, stream.data(), counts.data());
            for (std::size_t c = 0; c < sums.size(); ++c) sums[c] += (std::int64_t{sign} * counts[c]) << bit;
        }
    return adjusted(sums, vectors, cols_, cols_ + kMetadataLines * member);
}

std::vector<std::int64_t> product(const BitMatrix& matrix, const std::vector<int>& inputs) {
    std::vector<std::int64_t> y(matrix.cols(), 0);
    for (std::size_t r = 0; r < matrix.rows(); ++r)
        for (std::size_t c = 0; c < matrix.cols(); ++c)
            if (matrix.get(r, c)) y[c] += inputs[r];
    return y;
}

std::vector<int> read_shared_pairs_literal(const BitMatrix& centroid, const ArrayGeometry& array,
                                           const FlipVectors& flips, const GslVector& vector, const Word* stream) {
    check_pairs(array, flips);
    std::vector<int> counts;
    for (int p = 0; p < array.row_pairs(); ++p) {
        int sum = 0, negative = 0, positive = 0;
        for (int t = 0; t < array.cols; ++t) {
            const auto line = static_cast<std::size_t>(t);
            const bool flip = get_bit(flips.cols.data(), line);
            const int driven = get_bit(stream, line) ? (flip ? -1 : 1) : 0;
            const int row = get_bit(vector.data(), static_cast<std::size_t>(t / array.segment)) ? 2 * p : 2 * p + 1;
            if (centroid.get(static_cast<std::size_t>(row), line)) sum += driven;
            (flip ? negative : positive) += driven;
        }
        const bool flip = get_bit(flips.rows.data(), 2 * static_cast<std::size_t>(p));
        counts.push_back(flip ? positive - sum : sum - negative);
    }
    return counts;
}

std::vector<int> read_shared_pairs(const BitMatrix& centroid, const ArrayGeometry& array, const FlipVectors& flips,
                                   const GslVector& vector, const Word* stream) {
    check_pairs(array, flips);
    const BitMatrix lines = logical_lines(centroid, array, vector, array.row_pairs());
    std::vector<Word> straight(lines.words_per_row()), turned(lines.words_per_row());
    for (std::size_t w = 0; w < straight.size(); ++w) {
        straight[w] = stream[w] & ~flips.cols[w];
        turned[w] = stream[w] & flips.cols[w];
    }
    std::vector<std::uint16_t> of_straight(lines.rows()), of_turned(lines.rows());
    read_counts(lines, straight.data(), of_straight.data());
    read_counts(lines, turned.data(), of_turned.data());
    const int positive = static_cast<int>(popcount(straight.data(), straight.size()));
    const int negative = -static_cast<int>(popcount(turned.data(), turned.size()));
    std::vector<int> counts;
    for (std::size_t p = 0; p < lines.rows(); ++p) {
        const int sum = of_straight[p] - of_turned[p];
        counts.push_back(get_bit(flips.rows.data(), 2 * p) ? positive - sum : sum - negative);
    }
    return counts;
}

} // namespace veilram
