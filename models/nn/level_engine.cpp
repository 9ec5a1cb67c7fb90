// Matrix layers on levels: what every hardware model has in common, and the exact integer reference.
#include "models/base/diagnostics.hpp"
#include "models/nn/im2col.hpp"
#include "models/nn/quantise.hpp"

#include <algorithm>

namespace veilram {
namespace {

Patches conv_patches(const Conv& conv, int group, const Tensor& input, const ActivationQuant& quant) {
    const PatchGeometry g = patch_geometry(conv, input.shape);
    const std::size_t inputs = g.offsets.size(), images = static_cast<std::size_t>(input.dim(0));
    const std::size_t group_size = static_cast<std::size_t>(g.channels) * g.in_h * g.in_w;
    Patches patches{images * g.positions(), static_cast<int>(inputs), {}};
    patches.levels.resize(patches.positions * inputs);
    std::vector<std::uint8_t> padded(g.padded_size(), static_cast<std::uint8_t>(quant.zero));
    std::uint8_t* to = patches.levels.data();
    for (std::size_t image = 0; image < images; ++image) {
        const float* from = input.data.data() + (image * conv.groups + group) * group_size;
        fill_padded(
            g, from, [&](float v) { return to_level(v, quant); }, padded);
        for (int y = 0; y < g.out_h; ++y)
            for (int x = 0; x < g.out_w; ++x, to += inputs) {
                const std::uint8_t* patch = padded.data() + g.origin(y, x);
                for (std::size_t k = 0; k < inputs; ++k) to[k] = patch[g.offsets[k]];
            }
    }
    return patches;
}

Patches dense_patches(const Tensor& input, const ActivationQuant& quant) {
    Patches patches{static_cast<std::size_t>(input.dim(0)), static_cast<int>(input.dim(1)), {}};
    patches.levels.resize(input.size());
    std::transform(input.data.begin(), input.data.end(), patches.levels.begin(),
                   [&](float v) { return to_level(v, quant); });
    return patches;
}

/// Both operands are 16 bit wide so that the compiler finds the packed multiply-add.
std::int32_t dot(const std::int16_t* a, const std::int16_t* b, int count) {
    std::int32_t sum = 0;
    for (int i = 0; i < count; ++i) sum += static_cast<std::int32_t>(a[i]) * b[i];
    return sum;
}

} // namespace

Patches gather_patches(const Op& op, int group, const Tensor& input, const ActivationQuant& quant) {
    if (group < 0 || group >= matrix_shape(op).groups)
        throw ModelError(op_name(op) + " has no group " + std::to_string(group));
    if (const auto* conv = std::get_if<Conv>(&op)) return conv_patches(*conv, group, input, quant);
    return dense_patches(input, quant);
}

void dequantise(const Accumulators& acc, int group, int unit, const LayerQuant& quant,
                const std::vector<std::int32_t>& weight_sums, Tensor& out) {
    const std::size_t outputs = static_cast<std::size_t>(acc.outputs), first = group * outputs;
    const std::size_t images = static_cast<std::size_t>(out.dim(0)), channels = static_cast<std::size_t>(out.dim(1));
    const std::size_t plane = images == 0 ? 0 : acc.positions / images;
    if (out.size() != images * channels * plane || first + outputs > channels || weight_sums.size() != outputs ||
        quant.weight_scale.size() != channels || quant.bias.size() != channels)
        throw ModelError("dequantise: " + std::to_string(acc.positions) + " positions of " + std::to_string(outputs) +
                         " outputs do not fit " + to_string(out.shape));
    for (std::size_t o = 0; o < outputs; ++o) {
        const double offset = static_cast<double>(quant.input.zero) * weight_sums[o] * unit / kLevels;
        const double scale = static_cast<double>(quant.weight_scale[first + o]) * quant.input.scale / (kLevels * unit);
        for (std::size_t image = 0; image < images; ++image) {
            const std::int32_t* from = acc.acc.data() + image * plane * outputs + o;
            float* to = out.data.data() + (image * channels + first + o) * plane;
            for (std::size_t p = 0; p < plane; ++p)
                to[p] = static_cast<float>((from[p * outputs] - offset) * scale + quant.bias[first + o]);
        }
    }
}

Tensor LevelEngine::apply(std::size_t layer, const Node& node, const Tensor& input) {
    if (layer >= layers_.size())
        throw ModelError("node '" + node.name + "' is matrix layer " + std::to_string(layer) + " of " +
                         std::to_string(layers_.size()));
    const LayerQuant& quant = layers_[layer];
    Shape shape = output_shape(node, {Shape(input.shape.begin() + 1, input.shape.end())});
    shape.insert(shape.begin(), input.dim(0));
    Tensor out(std::move(shape));
    for (int group = 0; group < matrix_shape(node.op).groups; ++group) {
        const Patches patches = gather_patches(node.op, group, input, quant.input);
        dequantise(accumulate(layer, group, patches), group, unit(), quant, weight_sums(layer, group), out);
    }
    return out;
}

Accumulators ExactEngine::accumulate(std::size_t layer, int group, const Patches& patches) {
    const QuantWeights& weights = weights_.at(layer);
    const int inputs = weights.shape.inputs, outputs = weights.shape.outputs;
    if (patches.inputs != inputs)
        throw ModelError("layer " + std::to_string(layer) + ": patches of " + std::to_string(patches.inputs) +
                         " levels for " + std::to_string(inputs) + " weights");
    const std::int16_t* matrix = weights.q.data() + static_cast<std::size_t>(group) * outputs * inputs;
    Accumulators result{patches.positions, outputs, std::vector<std::int32_t>(patches.positions * outputs)};
    std::vector<std::int16_t> levels(inputs);
    std::int32_t* to = result.acc.data();
    for (std::size_t p = 0; p < patches.positions; ++p) {
        const std::uint8_t* patch = patches.levels.data() + p * inputs;
        std::copy(patch, patch + inputs, levels.begin());
        for (int o = 0; o < outputs; ++o)
            *to++ = dot(matrix + static_cast<std::size_t>(o) * inputs, levels.data(), inputs);
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
