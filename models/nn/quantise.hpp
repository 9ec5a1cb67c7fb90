// Spec section 2: 8-bit levels for activations, sign and 8-bit magnitude for weights.
#pragma once

#include "models/nn/graph.hpp"
#include "models/nn/infer.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace veilram {

constexpr int kLevels = 256;   ///< activations are 0..255, value s_x * (level - zero) / 256
constexpr int kMaxLevel = 255; ///< also the largest weight magnitude, value s_w * q / 256

enum class WeightScale { per_channel, per_tensor };
enum class ActivationScale { max, percentile };

struct QuantConfig {
    WeightScale weights = WeightScale::per_channel;
    ActivationScale activations = ActivationScale::max;
    double percentile = 99.9; ///< of the calibration activations, for ActivationScale::percentile
    int calibration_images = 256;
};

/// level = clamp(round_half_even(x * 256 / s_x) + zero, 0, 255); NaN gives 0.
std::uint8_t to_level(float x, const ActivationQuant& quant);

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

/// What the digital unit needs for one matrix layer; public (docs/model.md, section 8: public scales).
struct LayerQuant {
    ActivationQuant input;
    std::vector<float> weight_scale; ///< s_w per output
    std::vector<float> bias;         ///< per output; zeros when the node has none
};

/// Input quantisers of all matrix nodes, from float inference over the first `calibration_images` of `images` [N, ...].
/// Inputs that are never negative get zero = 0 and s_x = high * 256/255; others a zero point such that levels 0..255
/// cover [low, high]. `percentile` p replaces high by a value with p % of the inputs below it, and a negative low
/// likewise, unless nothing but zeros would be left. Throws UserError for an empty batch, a wrong image shape or a
/// setting out of range.
std::vector<ActivationQuant> calibrate(const Graph& graph, const Tensor& images, const QuantConfig& config);

/// Levels of the patches of one group: [positions][K], positions = N * out_h * out_w (N for Dense). Padding uses level
/// z.
struct Patches {
    std::size_t positions = 0;
    int inputs = 0; ///< K
    std::vector<std::uint8_t> levels;
};
/// Of a weight only the shape is read. `input` is [N, C, H, W] for a Conv, [N, K] for a Dense.
Patches gather_patches(const Op& op, int group, const Tensor& input, const ActivationQuant& quant);

/// Sums of products of one group, [positions][M].
struct Accumulators {
    std::size_t positions = 0;
    int outputs = 0;
    std::vector<std::int32_t> acc;
};

/// Base of every engine that works on levels: quantise, gather patches, accumulate, dequantise.
class LevelEngine : public MatrixEngine {
public:
    explicit LevelEngine(std::vector<LayerQuant> layers) : layers_(std::move(layers)) {}
    Tensor apply(std::size_t layer, const Node& node, const Tensor& input) override;

protected:
    /// Sums sign * product over the inputs of one group, for every position and output.
    virtual Accumulators accumulate(std::size_t layer, int group, const Patches& patches) = 0;
    /// Products are in units of 1/unit() counts.
    virtual int unit() const = 0;
    /// Per output of the group: sum over k of the signed weight as the engine realises it (in 1/256 of full scale, like
    /// q).
    virtual std::vector<std::int32_t> weight_sums(std::size_t layer, int group) = 0;

private:
    std::vector<LayerQuant> layers_;
};

/// The quantised network: exact integer products q * L.
class ExactEngine final : public LevelEngine {
public:
    ExactEngine(std::vector<LayerQuant> layers, std::vector<QuantWeights> weights)
        : LevelEngine(std::move(layers)), weights_(std::move(weights)) {}

protected:
    Accumulators accumulate(std::size_t layer, int group, const Patches& patches) override;
    int unit() const override { return kLevels; }
    std::vector<std::int32_t> weight_sums(std::size_t layer, int group) override;

private:
    std::vector<QuantWeights> weights_;
};

/// The digital step after the last read of a layer, shared with the hardware model. `unit` says how fine `acc` counts:
/// 1 for crossbar counts (q * L / 256), 256 for exact products (q * L); `weight_sums` are sums of signed weights q.
/// Writes y[o] = (acc[o] - zero * weight_sums[o] * unit / 256) * s_w[o] * s_x / (256 * unit) + bias[o] into the group's
/// channels of `out` [N, groups * M, oh, ow] (or [N, M]), in double until stored.
void dequantise(const Accumulators& acc, int group, int unit, const LayerQuant& quant,
                const std::vector<std::int32_t>& weight_sums, Tensor& out);

} // namespace veilram
