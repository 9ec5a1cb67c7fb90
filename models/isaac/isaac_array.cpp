#include "models/isaac/isaac_array.hpp"

#include "models/base/diagnostics.hpp"
#include "models/isaac/isaac_placement.hpp"

#include <algorithm>
#include <string>

namespace veilram {

IsaacArray::IsaacArray(const IsaacConfig& config, const std::vector<std::int32_t>& weights, std::size_t inputs,
                       std::size_t outputs)
    : config_(config), inputs_(inputs), outputs_(outputs), cells_(inputs * columns()), inverted_(columns()) {
    if (inputs > static_cast<std::size_t>(config.rows) ||
        outputs > static_cast<std::size_t>(config.weights_per_row()) || weights.size() != inputs * outputs)
        throw ModelError("an array of " + std::to_string(config.rows) + " x " +
                         std::to_string(config.weights_per_row()) + " weights cannot hold " + std::to_string(inputs) +
                         " x " + std::to_string(outputs));
    const auto slices = static_cast<std::size_t>(config.cells_per_weight());
    for (std::size_t i = 0; i < inputs; ++i)
        for (std::size_t o = 0; o < outputs; ++o) {
            const std::vector<std::uint8_t> digits = isaac_digits(config, weights[i * outputs + o]);
            std::copy(digits.begin(), digits.end(),
                      cells_.begin() + static_cast<std::ptrdiff_t>(i * columns() + o * slices));
        }
    for (std::size_t c = 0; c < columns(); ++c) {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < inputs; ++i) sum += cells_[i * columns() + c];
        if (2 * sum <= inputs * highest()) continue;
        inverted_[c] = 1;
        for (std::size_t i = 0; i < inputs; ++i) {
            std::uint8_t& cell = cells_[i * columns() + c];
            cell = static_cast<std::uint8_t>(highest() - cell);
        }
    }
}

std::uint8_t IsaacArray::digit(std::size_t input, std::size_t column) const {
    const std::uint8_t cell = cells_.at(input * columns() + column);
    return inverted_[column] != 0 ? static_cast<std::uint8_t>(highest() - cell) : cell;
}

void IsaacArray::set_digit(std::size_t input, std::size_t column, std::uint8_t digit) {
    cells_.at(input * columns() + column) =
        inverted_[column] != 0 ? static_cast<std::uint8_t>(highest() - digit) : digit;
}

std::int32_t IsaacArray::convert(const std::vector<std::uint32_t>& inputs, int bit, int column) const {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < inputs_; ++i) {
        if (((inputs[i] >> bit) & 1U) == 0) continue;
        sum += column < 0 ? 1 : cells_[i * columns() + static_cast<std::size_t>(column)];
    }
    const std::int32_t largest = (1 << config_.adc_bits) - 1;
    if (sum <= largest) return sum;
    ++overflows_;
    return largest;
}

std::vector<std::int64_t> IsaacArray::multiply(const std::vector<std::uint32_t>& inputs) const {
    if (inputs.size() != inputs_)
        throw ModelError("an array of " + std::to_string(inputs_) + " inputs got " + std::to_string(inputs.size()));
    const int slices = config_.cells_per_weight();
    const std::int64_t bias = std::int64_t{1} << (config_.bits - 1);
    std::vector<std::int64_t> sums(outputs_);
    for (int bit = 0; bit < config_.bits; ++bit) {
        const std::int64_t ones = convert(inputs, bit, -1);
        for (std::size_t o = 0; o < outputs_; ++o) {
            std::int64_t product = 0;
            for (int s = 0; s < slices; ++s) {
                const int column = static_cast<int>(o) * slices + s;
                const std::int64_t code = convert(inputs, bit, column);
                const bool is_inverted = inverted_[static_cast<std::size_t>(column)] != 0;
                product += (is_inverted ? highest() * ones - code : code) << (s * config_.cell_bits);
            }
            sums[o] += (product - bias * ones) * (std::int64_t{1} << bit);
        }
    }
    return sums;
}

} // namespace veilram
