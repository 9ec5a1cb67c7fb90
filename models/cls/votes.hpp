// The majority of bit matrices, cell by cell.
#pragma once

#include "models/cls/matrix_set.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

/// Of every cell: how many more members have a one than a zero.
class Votes {
public:
    explicit Votes(const MatrixSet& set) : set_(set), row_bits_(words_for(set.cols()) * kWordBits) {
        votes_.assign(set.rows() * row_bits_, 0);
    }

    /// `flips`: rows whose complement is looked at; null: none.
    void add(const BitMatrix& matrix, const Extent& extent, const Word* flips) {
        for (std::size_t r = 0; r < extent.rows; ++r) {
            const Word flip = flips != nullptr && get_bit(flips, r) ? ~Word{0} : Word{0};
            for (std::size_t c = 0; c < extent.cols; c += kWordBits) {
                const Word word = matrix.row(r)[c / kWordBits] ^ flip;
                std::int32_t* votes = votes_.data() + r * row_bits_ + c;
                const std::size_t here = std::min(kWordBits, extent.cols - c);
                for (std::size_t b = 0; b < here; ++b) votes[b] += static_cast<std::int32_t>((word >> b) & 1U) * 2 - 1;
            }
        }
    }
    BitMatrix majority() const {
        BitMatrix bits(set_.rows(), set_.cols());
        for (std::size_t r = 0; r < bits.rows(); ++r)
            for (std::size_t c = 0; c < bits.cols(); ++c)
                if (votes_[r * row_bits_ + c] > 0) bits.set(r, c, true);
        return bits;
    }

private:
    const MatrixSet& set_;
    std::size_t row_bits_;
    std::vector<std::int32_t> votes_;
};

} // namespace veilram
