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

#include <Eigen/Core>

#include <cstdint>
#include <vector>

namespace veilram {

/// u_ij. What the solver sums are whole numbers below 2^24, which floats hold exactly and every SIMD unit multiplies.
class SignMatrix {
public:
    SignMatrix() = default;
    SignMatrix(const GslVectors& vectors, int segments);

    const Eigen::MatrixXf& by_segment() const { return by_segment_; } ///< [segments][n]
    const Eigen::MatrixXf& by_vector() const { return by_vector_; }   ///< [n][segments], for the column of one step

private:
    Eigen::MatrixXf by_segment_, by_vector_;
};

/// d_column += sign.
struct Step {
    int column = 0;
    int sign = 1;
    Step reverse() const { return {column, -sign}; }
};

class RowPairState {
public:
    static constexpr float kBlocked = 1e30F; ///< price of a step that the cells do not allow

    /// All differences zero. The cost of a line that misses its target by e ones is weight * 2|e| + (2e)^2.
    RowPairState(const BlsProblem& problem, const SignMatrix& signs, int total);

    int segments() const { return static_cast<int>(difference_.size()); }
    int difference(int column) const { return difference_[static_cast<std::size_t>(column)]; }
    int total() const { return total_; }
    void set_total(int total) { total_ = total; }
    void set_weight(float weight) { weight_ = weight; }

    /// Largest total: every cell on.
    int capacity() const { return 2 * segments() * segment_; }
    /// How much sum |d_j| may still grow at the present total; negative where it is too large already.
    int room() const;
    /// Half of the ones that the differences leave over; only meaningful when the parity is right.
    int spare_pairs() const { return (total_ - norm_) / 2; }
    bool parity_fits() const { return (total_ - norm_) % 2 == 0; }

    bool allowed(Step step) const;
    void apply(Step step);

    /// Cost of the present differences and total. Prepares least_price().
    double measure();
    /// What the cheapest step adds to the cost measured last, at least kBlocked/2 if there is none; without `outward`
    /// only steps that bring a difference closer to zero count.
    float least_price(bool outward);
    /// The step that least_price(outward) just priced at `price`.
    Step cheapest_step(bool outward, float price) const;

    /// Sum of |line - target| over the used lines.
    int objective();

private:
    /// Which steps a column allows: 0 or kBlocked, added to the price.
    struct Blocks {
        Eigen::ArrayXf up, down;
    };

    /// The lines of vectors 0..n-1, or those of their complements.
    struct Lines {
        Lines(const std::vector<int>& targets, int first, int count);
        Eigen::ArrayXf doubled_targets;
        Eigen::ArrayXf used; ///< 0 for a free slot, else 1
        Eigen::ArrayXf doubled_errors;
    };

    void update_errors();
    void update_blocks(int column);

    int segment_; ///< largest |d_j|
    const SignMatrix* signs_;
    float weight_ = 0.0F;
    int total_;
    int norm_ = 0;                ///< sum |d_j|
    std::vector<int> difference_; ///< d_j
    Eigen::ArrayXf sums_;         ///< x_i
    float bend_ = 0.0F;           ///< the part of a step's price that is the same for all steps
    Eigen::ArrayXf slope_;        ///< per vector
    Eigen::VectorXf price_;       ///< per column, of a step up without the bend; a step down has the opposite one
    Blocks any_, inward_;
    Lines even_, odd_;
};

} // namespace veilram
