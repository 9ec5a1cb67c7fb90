#include "models/nn/level_engine.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/parallel.hpp"

#include <algorithm>

namespace veilram {
namespace {

constexpr std::size_t kTile = 32; ///< positions

/// Both operands are 16 bit wide so that the compiler finds the packed multiply-add.
std::int32_t dot(const std::int16_t* a, const std::int16_t* b, int count) {
    std::int32_t sum = 0;
    for (int i = 0; i < count; ++i) sum += static_cast<std::int32_t>(a[i]) * b[i];
    return sum;
}

} // namespace

void dequantise(const Accumulators& acc, int group, int unit, const LayerQuant& quant,
                const std::vector<std::int32_t>& weight_sums, Tensor& out) {
    const std::size_t outputs = static_cast<std::size_t>(acc.outputs), first = group * outputs;
    const std::size_t images = static_cast<std::size_t>(out.dim(0)), channels = static_cast<std::size_t>(out.dim(1));
    const std::size_t plane = images == 0 ? 0 : acc.positions / images;
    if (out.size() != images * channels * plane || first + outputs > channels || weight_sums.size() != outputs ||
        quant.weight_scale.size() != channels || quant.bias.size() != channels)
        throw ModelError("dequantise: " + std::to_string(acc.positions) + " positions of " + std::to_string(outputs) +
                         " outputs do not fit " + to_string(out.shape));
    std::vector<double> offset(outputs), scale(outputs);
    for (std::size_t o = 0; o < outputs; ++o) {
        offset[o] = static_cast<double>(quant.input.zero) * weight_sums[o] * unit / kLevels;
        scale[o] = static_cast<double>(quant.weight_scale[first + o]) * quant.input.scale / (kLevels * unit);
    }
    // Sums lie by position, results by channel: tile by tile, so that both stay in the cache.
    parallel_for(images, [&](std::size_t image) {
        for (std::size_t p0 = 0; p0 < plane; p0 += kTile)
            for (std::size_t o = 0; o < outputs; ++o) {
                const std::int32_t* from = acc.acc.data() + image * plane * outputs + o;
                float* to = out.data.data() + (image * channels + first + o) * plane;
                for (std::size_t p = p0; p < std::min(p0 + kTile, plane); ++p)
                    to[p] = static_cast<float>((from[p * outputs] - offset[o]) * scale[o] + quant.bias[first + o]);
            }
    });
}

void take_off_half_levels(const LevelMap& levels, Accumulators& acc) {
    const auto outputs = static_cast<std::size_t>(acc.outputs);
    parallel_for((acc.positions + kTile - 1) / kTile, [&](std::size_t tile) {
        for (std::size_t p = tile * kTile; p < std::min((tile + 1) * kTile, acc.positions); ++p) {
            const std::uint8_t* at = levels.levels.data() + levels.origins[p];
            std::int32_t sum = 0;
            for (const std::uint32_t offset : levels.offsets) sum += at[offset];
            for (std::size_t o = 0; o < outputs; ++o) {
                std::int32_t& value = acc.acc[p * outputs + o];
                value = 2 * value - sum;
            }
        }
    });
}

Tensor LevelEngine::apply(std::size_t layer, const Node& node, const Tensor& input, std::size_t first_image) {
    if (layer >= layers_.size())
        throw ModelError("node '" + node.name + "' is matrix layer " + std::to_string(layer) + " of " +
                         std::to_string(layers_.size()));
    const LayerQuant& quant = layers_[layer];
    Shape shape = output_shape(node, {Shape(input.shape.begin() + 1, input.shape.end())});
    shape.insert(shape.begin(), input.dim(0));
    Tensor out(std::move(shape));
    for (int group = 0; group < matrix_shape(node.op).groups; ++group) {
        const LevelMap levels = map_levels(node.op, group, input, quant.input);
        dequantise(accumulate(layer, group, levels, first_image), group, unit(), quant, weight_sums(layer, group), out);
    }
    return out;
}

Accumulators ExactEngine::accumulate(std::size_t layer, int group, const LevelMap& levels,
                                     std::size_t /*first_image*/) {
    const QuantWeights& weights = weights_.at(layer);
    const int inputs = weights.shape.inputs, outputs = weights.shape.outputs;
    if (levels.inputs() != inputs)
        throw ModelError("layer " + std::to_string(layer) + ": " + std::to_string(levels.inputs()) + " inputs for " +
                         std::to_string(inputs) + " weights");
    const std::int16_t* matrix = weights.q.data() + static_cast<std::size_t>(group) * outputs * inputs;
    Accumulators result{levels.positions(), outputs, std::vector<std::int32_t>(levels.positions() * outputs)};
    std::vector<std::int16_t> patch(inputs);
    std::int32_t* to = result.acc.data();
    for (std::size_t p = 0; p < levels.positions(); ++p) {
        for (int k = 0; k < inputs; ++k) patch[k] = levels.at(p, k);
        for (int o = 0; o < outputs; ++o)
            *to++ = dot(matrix + static_cast<std::size_t>(o) * inputs, patch.data(), inputs);
    }
    return result;
}

std::vector<std::int32_t> ExactEngine::weight_sums(std::size_t layer, int group) {
    const QuantWeights& weights = weights_.at(layer);
    std::vector<std::int32_t> sums;
    for (int o = group * weights.shape.outputs; o < (group + 1) * weights.shape.outputs; ++o) {
        const auto row = weights.q.begin() + static_cast<std::ptrdiff_t>(o) * weights.shape.inputs;
        std::int32_t sum = 0;
        for (int k = 0; k < weights.shape.inputs; ++k) sum += row[k];
        sums.push_back(sum);
    }
    return sums;
}

} // namespace veilram
