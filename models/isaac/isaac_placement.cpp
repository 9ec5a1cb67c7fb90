#include "models/isaac/isaac_placement.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <string>

namespace veilram {
namespace {
constexpr std::int32_t kLargest = 255; ///< magnitude of a weight
} // namespace

std::optional<std::size_t> IsaacPlacement::add(std::size_t inputs, std::size_t outputs) {
    const auto rows = static_cast<std::size_t>(config_.rows),
               columns = static_cast<std::size_t>(config_.weights_per_row());
    const std::size_t needed = ((inputs + rows - 1) / rows) * ((outputs + columns - 1) / columns);
    if (needed > static_cast<std::size_t>(config_.arrays()) - used_) return std::nullopt;
    Matrix matrix{inputs, outputs, {}};
    for (std::size_t i = 0; i < inputs; i += rows)
        for (std::size_t o = 0; o < outputs; o += columns)
            matrix.blocks.push_back({used_++, i, std::min(rows, inputs - i), o, std::min(columns, outputs - o)});
    matrices_.push_back(std::move(matrix));
    return matrices_.size() - 1;
}

const IsaacBlock& IsaacPlacement::block_of(std::size_t matrix, std::size_t input, std::size_t output) const {
    const auto rows = static_cast<std::size_t>(config_.rows),
               columns = static_cast<std::size_t>(config_.weights_per_row());
    const std::size_t across = (outputs(matrix) + columns - 1) / columns;
    return blocks(matrix).at(input / rows * across + output / columns);
}

std::vector<std::uint8_t> isaac_digits(const IsaacConfig& config, std::int32_t weight) {
    const std::int64_t bias = std::int64_t{1} << (config.bits - 1), biased = weight + bias;
    if (biased < 0 || biased >= 2 * bias)
        throw ModelError("weight " + std::to_string(weight) + " has more than " + std::to_string(config.bits) +
                         " bits");
    std::vector<std::uint8_t> digits(static_cast<std::size_t>(config.cells_per_weight()));
    for (std::size_t s = 0; s < digits.size(); ++s)
        digits[s] = static_cast<std::uint8_t>((biased >> (static_cast<int>(s) * config.cell_bits)) &
                                              ((1U << config.cell_bits) - 1));
    return digits;
}

std::int32_t SignedOutputs::part_of(std::int32_t q, std::size_t part) const {
    return split_ ? std::max(part == 0 ? q : -q, 0) - kBias : q;
}

IsaacMap::IsaacMap(const IsaacConfig& config, const std::vector<Layer>& layers)
    : config_(config), signed_(config.bits), layers_(layers), placement_(config) {
    for (std::size_t l = 0; l < layers.size(); ++l) {
        first_.push_back(placement_.matrices());
        for (std::size_t group = 0; group < layers[l].groups; ++group)
            if (!placement_.add(layers[l].inputs, layers[l].outputs * signed_.parts()))
                throw UserError("ISAAC has no crossbars left for layer " + std::to_string(l) +
                                " of the network: choose more tiles");
    }
}

std::vector<IsaacCell> IsaacMap::cells(std::size_t layer, std::size_t index, std::int32_t q) const {
    const Layer& shape = layers_.at(layer);
    if (index >= shape.groups * shape.inputs * shape.outputs || q < -kLargest || q > kLargest)
        throw ModelError("layer " + std::to_string(layer) + " has no weight " + std::to_string(index) + " of " +
                         std::to_string(q));
    const std::size_t input = index % shape.inputs, all_outputs = index / shape.inputs;
    const std::size_t number = matrix(layer, all_outputs / shape.outputs);
    std::vector<IsaacCell> cells;
    for (std::size_t part = 0; part < signed_.parts(); ++part) {
        const std::size_t output = signed_.output(all_outputs % shape.outputs, part);
        const IsaacBlock& block = placement_.block_of(number, input, output);
        const std::vector<std::uint8_t> digits = isaac_digits(config_, signed_.part_of(q, part));
        const std::size_t row = block.array * static_cast<std::size_t>(config_.rows) + (input - block.first_input),
                          column = (output - block.first_output) * digits.size();
        for (std::size_t s = 0; s < digits.size(); ++s)
            cells.push_back({static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(column + s), digits[s]});
    }
    return cells;
}

} // namespace veilram
