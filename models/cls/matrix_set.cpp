#include "models/cls/matrix_set.hpp"

#include "models/base/diagnostics.hpp"

#include <string>

namespace veilram {
namespace {

/// Calls visit(row, word, mask) for every word that has bits within the extent; the mask has those.
template <class Visit> void for_each_word(const Extent& extent, Visit visit) {
    for (std::size_t r = 0; r < extent.rows; ++r)
        for (std::size_t w = 0; w < words_for(extent.cols); ++w) {
            const std::size_t left = extent.cols - w * kWordBits;
            visit(r, w, left >= kWordBits ? ~Word{0} : (Word{1} << left) - 1);
        }
}

} // namespace

void MatrixSet::add(BitMatrix matrix, const Extent& extent) {
    if (count() > 0 && (matrix.rows() != rows() || matrix.cols() != cols()))
        throw ModelError("a matrix of " + std::to_string(matrix.rows()) + "x" + std::to_string(matrix.cols()) +
                         " cannot share crossbars with matrices of " + std::to_string(rows()) + "x" +
                         std::to_string(cols()));
    if (extent.rows > matrix.rows() || extent.cols > matrix.cols() || extent.cells() == 0)
        throw ModelError("an extent of " + std::to_string(extent.rows) + "x" + std::to_string(extent.cols) +
                         " is not a part of " + std::to_string(matrix.rows()) + "x" + std::to_string(matrix.cols()));
    matrices.push_back(std::move(matrix));
    extents.push_back(extent);
}

void MatrixSet::add(BitMatrix matrix) {
    const Extent all{matrix.rows(), matrix.cols()};
    add(std::move(matrix), all);
}

Extent MatrixSet::counted(std::size_t i, Padding padding) const {
    return padding == Padding::ignored ? extents[i] : Extent{rows(), cols()};
}

BitMatrix difference(const BitMatrix& a, const BitMatrix& b, const Extent& extent) {
    BitMatrix result(a.rows(), a.cols());
    for_each_word(extent, [&](std::size_t r, std::size_t w, Word mask) {
        result.row(r)[w] = (a.row(r)[w] ^ b.row(r)[w]) & mask;
    });
    return result;
}

std::int64_t count_ones(const BitMatrix& bits, const Extent& extent) {
    std::int64_t ones = 0;
    for_each_word(extent, [&](std::size_t r, std::size_t w, Word mask) { ones += popcount(bits.row(r)[w] & mask); });
    return ones;
}

} // namespace veilram
