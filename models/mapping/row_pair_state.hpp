// What the fast solver of bit-line sharing searches over: the differences of the two rows, and the cost of changes.
//
// With d_j = S_j - S_(j+segments), u_ij = +1 where bit j of vector i is set and -1 elsewhere, x_i = sum_j u_ij d_j and
// T = sum S:
//     line_i = (T + x_i) / 2,   line_(n+i) = (T - x_i) / 2.
// So only d and T matter to the lines. What they leave open, min(S_j, S_(j+segments)), can be chosen whenever
//     sum |d_j| <= T <= 2 * segments * segment - sum |d_j|,   both sums of the same parity.
// A step d_k += 1 or d_k -= 1 changes every x_i by +-u_ik, so what it adds to a cost that is a sum over i is linear in
// u_ik: one product of a slope vector with the sign matrix prices the steps on all columns, exactly.
#pragma once

#include "models/mapping/bls.hpp"
#include "models/mapping/step_kernel.hpp"

#include <cstdint>
#include <vector>

namespace veilram {

/// u_ij, padded with zeros. What the solver sums are whole numbers below 2^24, which floats hold exactly and every SIMD
/// unit multiplies.
class SignMatrix {
public:
    SignMatrix() = default;
    /// Throws ModelError when there are more than kMostVectors vectors.
    SignMatrix(const GslVectors& vectors, int segments);

    std::size_t vectors() const { return vectors_; }   ///< padded
    std::size_t columns() const { return columns_; }   ///< padded
    const float* rows() const { return rows_.data(); } ///< [vectors][columns]
    const float* column(int j) const { return turned_.data() + static_cast<std::size_t>(j) * vectors_; } ///< [vectors]

private:
    std::size_t vectors_ = 0, columns_ = 0;
    std::vector<float> rows_, turned_;
};

/// d_column += sign.
struct Step {
    int column = 0;
    int sign = 0; ///< 0: no step
};

class RowPairState {
public:
    /// All differences zero. The cost of a line that misses its target by e ones is weight * 2|e| + (2e)^2.
    RowPairState(const BlsProblem& problem, const SignMatrix& signs, int total);

    int segments() const { return static_cast<int>(difference_.size()); }
    int difference(int column) const { return difference_[static_cast<std::size_t>(column)]; }
    int total() const { return total_; }
    void set_total(int total);
    void set_weight(float weight) { weight_ = weight; }

    /// Largest total: every cell on.
    int capacity() const { return 2 * segments() * segment_; }
    /// How much sum |d_j| may still grow at the present total; negative where it is too large already.
    int room() const { return room_at(norm_); }
    /// Half of the ones that the differences leave over; only meaningful when the parity is right.
    int spare_pairs() const { return (total_ - norm_) / 2; }
    bool parity_fits() const { return (total_ - norm_) % 2 == 0; }

    bool allowed(Step step) const;
    void apply(Step step);

    /// What is known of the steps that may follow a first one.
    struct Prices {
        double cost;              ///< after the first step
        float least;              ///< what the cheapest second step adds to it; at least kBlocked / 2 if there is none
        bool outward;             ///< whether that step may take a difference away from zero
        std::size_t first_column; ///< of those that were looked at
    };
    /// Looks at the columns from `from` on, and perhaps some before it. Without room, only steps that bring a
    /// difference closer to zero count.
    Prices price(Step first = {}, int from = 0);
    /// The second step that price(first) found. To be called before anything else changes, but after apply(first).
    Step cheapest_step(const Prices& prices) const;

    /// Sum of |line - target| over the used lines.
    int objective() const;

private:
    static constexpr float kBlocked = 1e30F; ///< price of a step that the cells do not allow

    /// Which steps a column allows: 0 or kBlocked, added to the price.
    struct Blocks {
        std::vector<float> up, down;
    };
    /// The lines of vectors 0..n-1, or those of their complements, padded with free slots.
    struct Lines {
        Lines(const std::vector<int>& targets, std::size_t first, std::size_t count, std::size_t padded);
        std::vector<float> doubled_targets;
        std::vector<float> used;           ///< 0 for a free slot, else 1
        std::vector<float> doubled_errors; ///< 0 for a free slot
    };

    int room_at(int norm) const;
    void update_errors();
    void block(int column, int difference);

    int segment_; ///< largest |d_j|
    const SignMatrix* signs_;
    float weight_ = 0.0F;
    float lines_ = 0.0F; ///< number of used ones
    float bend_ = 0.0F;  ///< of the last prices
    int total_;
    int norm_ = 0;                ///< sum |d_j|
    std::vector<int> difference_; ///< d_j
    std::vector<float> sums_;     ///< x_i
    std::vector<float> price_;    ///< per column, of a step up without the bend; a step down has the opposite one
    Blocks any_, inward_;
    Lines even_, odd_;
};

} // namespace veilram
