// Which cells of ISAAC's crossbars hold which weights: free, public and the same for everybody who counts.
#pragma once

#include "models/isaac/isaac_config.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace veilram {

/// A rectangle of a layer's matrix in one crossbar.
struct IsaacBlock {
    std::size_t array = 0; ///< of the chip, numbered through
    std::size_t first_input = 0, inputs = 0, first_output = 0, outputs = 0;
};

/// Matrices go to the next free crossbars, cut into blocks of a crossbar's size.
class IsaacPlacement {
public:
    explicit IsaacPlacement(const IsaacConfig& config) : config_(config) {}

    /// The number of the matrix; nothing, and nothing placed, when there are not enough crossbars left.
    std::optional<std::size_t> add(std::size_t inputs, std::size_t outputs);
    const std::vector<IsaacBlock>& blocks(std::size_t matrix) const { return matrices_.at(matrix).blocks; }
    std::size_t inputs(std::size_t matrix) const { return matrices_.at(matrix).inputs; }
    std::size_t outputs(std::size_t matrix) const { return matrices_.at(matrix).outputs; }
    std::size_t matrices() const { return matrices_.size(); }
    std::size_t arrays_used() const { return used_; }
    const IsaacBlock& block_of(std::size_t matrix, std::size_t input, std::size_t output) const;

private:
    struct Matrix {
        std::size_t inputs = 0, outputs = 0;
        std::vector<IsaacBlock> blocks; ///< row by row
    };

    const IsaacConfig config_;
    std::vector<Matrix> matrices_;
    std::size_t used_ = 0; ///< crossbars
};

/// What the cells of one weight hold, lowest first, before columns are inverted: the weight plus half its range.
std::vector<std::uint8_t> isaac_digits(const IsaacConfig& config, std::int32_t weight);

/// A weight of a sign and 8 bits takes one output in arrays of more bits, as it is. In arrays of 8 bits it takes two,
/// one for positive and one for negative weights, whose sums are subtracted.
class SignedOutputs {
public:
    explicit SignedOutputs(int bits) : split_(bits < kWeightBits) {}

    std::size_t parts() const { return split_ ? 2 : 1; }
    std::size_t output(std::size_t weight_output, std::size_t part) const { return weight_output * parts() + part; }
    /// What the array holds for weight `q`, in -255..255.
    std::int32_t part_of(std::int32_t q, std::size_t part) const;
    /// What both parts are biased by goes with the difference.
    std::int64_t sum(const std::vector<std::int64_t>& sums, std::size_t weight_output) const {
        return split_ ? sums[2 * weight_output] - sums[2 * weight_output + 1] : sums[weight_output];
    }

private:
    static constexpr int kWeightBits = 9;      ///< sign and magnitude
    static constexpr std::int32_t kBias = 128; ///< an array of 8 bits holds -128..127: magnitudes 0..255 less this

    bool split_;
};

/// Rows of all crossbars numbered through; columns of a crossbar without the unit column.
struct IsaacCell {
    std::uint32_t row = 0, column = 0;
    std::uint8_t digit = 0; ///< before inversion
};

/// A network of weights of a sign and 8 bits on ISAAC: a matrix for each group of each layer, in order.
class IsaacMap {
public:
    /// Sizes of one layer's matrices; outputs of a group.
    struct Layer {
        std::size_t groups = 1, inputs = 0, outputs = 0;
    };
    /// Throws UserError when the chip has too few crossbars.
    IsaacMap(const IsaacConfig& config, const std::vector<Layer>& layers);

    const IsaacConfig& config() const { return config_; }
    const SignedOutputs& outputs_of_weights() const { return signed_; }
    std::size_t layers() const { return layers_.size(); }
    std::size_t arrays_used() const { return placement_.arrays_used(); }
    std::size_t matrix(std::size_t layer, std::size_t group) const { return first_.at(layer) + group; }
    /// The cells of weight number `index` of a layer - outputs of all groups in turn, a row of inputs each - when it is
    /// `q`, in -255..255. Throws ModelError when there is no such weight.
    std::vector<IsaacCell> cells(std::size_t layer, std::size_t index, std::int32_t q) const;

private:
    const IsaacConfig config_;
    const SignedOutputs signed_;
    const std::vector<Layer> layers_;
    IsaacPlacement placement_;
    std::vector<std::size_t> first_; ///< matrix of a layer
};

} // namespace veilram
