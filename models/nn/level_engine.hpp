// Matrix layers on levels: what every hardware model has in common, and the exact integer reference.
#pragma once

#include "models/nn/infer.hpp"
#include "models/nn/level_map.hpp"
#include "models/nn/quantise.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

/// Sums of products of one group, [positions][M].
struct Accumulators {
    std::size_t positions = 0;
    int outputs = 0;
    std::vector<std::int32_t> acc;
};

/// Base of every engine that works on levels: quantise, accumulate, dequantise.
class LevelEngine : public MatrixEngine {
public:
    explicit LevelEngine(std::vector<LayerQuant> layers) : layers_(std::move(layers)) {}
    Tensor apply(std::size_t layer, const Node& node, const Tensor& input, std::size_t first_image) override;

protected:
    /// Sums sign * product over the inputs of one group, for every position and output; the images are numbered from
    /// `first_image`.
    virtual Accumulators accumulate(std::size_t layer, int group, const LevelMap& levels, std::size_t first_image) = 0;
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
    Accumulators accumulate(std::size_t layer, int group, const LevelMap& levels, std::size_t first_image) override;
    int unit() const override { return kLevels; }
    std::vector<std::int32_t> weight_sums(std::size_t layer, int group) override;

private:
    std::vector<QuantWeights> weights_;
};

/// Where a count c stands for the product c - L / 2: makes acc, sums of counts, sums of such products in half counts,
/// acc = 2 * acc - the sum of all levels at the position.
void take_off_half_levels(const LevelMap& levels, Accumulators& acc);

/// The digital step after the last read of a layer, shared with the hardware model. `unit` says how fine `acc` counts:
/// 1 for crossbar counts (q * L / 256), 2 for half counts, 256 for exact products (q * L); `weight_sums` are sums of
/// signed weights q. Writes y[o] = (acc[o] - zero * weight_sums[o] * unit / 256) * s_w[o] * s_x / (256 * unit) +
/// bias[o] into the group's channels of `out` [N, groups * M, oh, ow] (or [N, M]), in double until stored.
void dequantise(const Accumulators& acc, int group, int unit, const LayerQuant& quant,
                const std::vector<std::int32_t>& weight_sums, Tensor& out);

} // namespace veilram
