// Spec section 2: 8-bit levels for activations, sign and 8-bit magnitude for weights.
#pragma once

#include "models/nn/graph.hpp"
#include "models/nn/tensor.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace veilram {

constexpr int kLevels = 256; ///< activations are 0..255, value s_x * (level - zero) / 256
constexpr int kActivationBits = 8;
constexpr int kMaxLevel = 255; ///< also the largest weight magnitude, value s_w * q / 256

enum class WeightScale { per_channel, per_tensor };
enum class ActivationScale { max, percentile };
/// Scale and bias of a layer's outputs: those of the network, or such that mean and deviation are the float network's.
enum class OutputScale { trained, re_estimated };

struct QuantConfig {
    WeightScale weights = WeightScale::per_channel;
    ActivationScale activations = ActivationScale::max;
    double percentile = 99.9;              ///< of the calibration activations, for ActivationScale::percentile
    int activation_bits = kActivationBits; ///< 2..8; with b of them levels are multiples of 2^(8-b)
    int calibration_images = 256;
    OutputScale outputs = OutputScale::trained;
};

/// level = step * clamp(round_half_even(x * (256 / (s_x * step))) + zero / step, 0, 255 / step) in single precision;
/// NaN gives 0.
std::uint8_t to_level(float x, const ActivationQuant& quant);
/// The same for `count` values.
void to_levels(const float* x, std::size_t count, const ActivationQuant& quant, std::uint8_t* levels);

/// Signed magnitudes of one matrix layer, [groups * M][K] row-major: value = scale[o] * q / 256, |q| <= 255.
struct QuantWeights {
    MatrixShape shape;
    std::vector<std::int16_t> q;
    std::vector<float> scale; ///< s_w per output, groups * M entries

    std::int16_t at(int output, int input) const { return q[static_cast<std::size_t>(output) * shape.inputs + input]; }
};
/// s_w = max|w| * 256/255, 1 where all weights are 0; q = sign(w) * round_half_even(|w| * 256 / s_w). Throws UserError
/// when the layer has so many inputs that a sum of products q * level could overflow 32 bits.
QuantWeights quantise_weights(const Op& op, WeightScale mode);

/// Signed weights in units of which `sigma` are the root mean square of an output's weights: q = round_half_even(w *
/// sigma / rms), |q| <= 127, scale = 256 * rms / sigma.
QuantWeights quantise_to_deviation(const Op& op, double sigma);

/// What the digital unit needs for one matrix layer; public (docs/model.md, section 8: public scales).
struct LayerQuant {
    ActivationQuant input;
    std::vector<float> weight_scale; ///< s_w per output
    std::vector<float> bias;         ///< per output; zeros when the node has none
};

/// How often each level occurs in each channel (dim 1) of a matrix node's input, padding left out.
using LevelCounts = std::vector<std::array<std::int64_t, 256>>;
LevelCounts count_levels(const Tensor& input, const ActivationQuant& quant);

/// Input quantisers of all matrix nodes, from float inference over the first `calibration_images` of `images` [N, ...].
/// Inputs that are never negative get zero = 0 and s_x = high * 256/255; others a zero point such that levels 0..255
/// cover [low, high]. `percentile` p replaces high by a value with p % of the inputs below it, and a negative low
/// likewise, unless nothing but zeros would be left. Throws UserError for an empty batch, a wrong image shape or a
/// setting out of range. With fewer than 8 bits the same holds of the multiples of the step.
std::vector<ActivationQuant> calibrate(const Graph& graph, const Tensor& images, const QuantConfig& config);

} // namespace veilram
