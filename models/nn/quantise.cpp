#include "models/nn/quantise.hpp"

#include "models/base/diagnostics.hpp"
#include "models/nn/infer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>

namespace veilram {
namespace {

constexpr int kHistogramBins = 1 << 16; ///< resolves a percentile to 1/256 of an 8-bit level
constexpr std::int64_t kCalibrationBatch = 32;
/// Largest K for which a sum of K products 255 * 255 fits 32 bits.
constexpr int kMaxInputs = std::numeric_limits<std::int32_t>::max() / (kMaxLevel * kMaxLevel);

/// Adding and removing 1.5 * 2^52 leaves no room for a fraction, so the addition itself rounds half to even. Unlike
/// std::nearbyint it needs no call, and levels are made in the hot path. Exact for |v| < 2^51.
double round_half_even(double v) {
    constexpr double kShift = 6755399441055744.0;
    return (v + kShift) - kShift;
}

struct Range {
    float low = std::numeric_limits<float>::infinity();
    float high = -std::numeric_limits<float>::infinity();
};

/// Counts of a layer's inputs between the ends of their range.
class Histogram {
public:
    explicit Histogram(Range range) : range_(range), counts_(kHistogramBins, 0) {}

    void add(const Tensor& values) {
        const double bins_per_unit = kHistogramBins / (static_cast<double>(range_.high) - range_.low);
        for (const float v : values.data) {
            const double bin = (static_cast<double>(v) - range_.low) * bins_per_unit;
            ++counts_[static_cast<std::size_t>(std::clamp(bin, 0.0, kHistogramBins - 1.0))];
        }
        total_ += static_cast<std::int64_t>(values.size());
    }
    /// The smallest bin edge that has at least `share` of the values below it.
    float below(double share) const {
        std::int64_t seen = 0;
        for (int bin = 0; bin < kHistogramBins; ++bin) {
            seen += counts_[bin];
            if (static_cast<double>(seen) >= share * static_cast<double>(total_)) return edge(bin + 1);
        }
        return range_.high;
    }
    /// The largest bin edge that has at least `share` of the values above it.
    float above(double share) const {
        std::int64_t seen = 0;
        for (int bin = kHistogramBins - 1; bin >= 0; --bin) {
            seen += counts_[bin];
            if (static_cast<double>(seen) >= share * static_cast<double>(total_)) return edge(bin);
        }
        return range_.low;
    }

private:
    float edge(int bin) const {
        const double width = (static_cast<double>(range_.high) - range_.low) / kHistogramBins;
        return static_cast<float>(range_.low + bin * width);
    }

    Range range_;
    std::vector<std::int64_t> counts_;
    std::int64_t total_ = 0;
};

/// Float inference that shows every matrix layer's input to somebody.
class Observer final : public MatrixEngine {
public:
    using See = std::function<void(std::size_t layer, const Tensor& input)>;
    explicit Observer(See see) : see_(std::move(see)) {}

    Tensor apply(std::size_t layer, const Node& node, const Tensor& input, std::size_t first_image) override {
        see_(layer, input);
        return engine_.apply(layer, node, input, first_image);
    }

private:
    See see_;
    FloatEngine engine_;
};

void observe(const Graph& graph, const Tensor& images, std::int64_t count, const Observer::See& see) {
    Observer observer(see);
    const std::int64_t size = element_count(graph.in_shape);
    for (std::int64_t first = 0; first < count; first += kCalibrationBatch) {
        const std::int64_t last = std::min(first + kCalibrationBatch, count);
        Shape shape = images.shape;
        shape[0] = last - first;
        const auto from = images.data.begin();
        infer(graph, Tensor(std::move(shape), {from + first * size, from + last * size}), observer);
    }
}

std::vector<Range> observed_ranges(const Graph& graph, const Tensor& images, std::int64_t count) {
    std::vector<Range> ranges(matrix_nodes(graph).size());
    observe(graph, images, count, [&](std::size_t layer, const Tensor& input) {
        if (!std::all_of(input.data.begin(), input.data.end(), [](float v) { return std::isfinite(v); }))
            throw UserError("network '" + graph.name + "': inputs of matrix layer " + std::to_string(layer) +
                            " are not finite; check the weights and the image normalisation");
        const auto [low, high] = std::minmax_element(input.data.begin(), input.data.end());
        ranges[layer] = {std::min(ranges[layer].low, *low), std::max(ranges[layer].high, *high)};
    });
    return ranges;
}

/// Cuts the tails off each range. A range whose bulk is 0 (a sparse layer) stays whole: the tail is all its
/// information.
void clip_to_percentile(const Graph& graph, const Tensor& images, std::int64_t count, double percentile,
                        std::vector<Range>& ranges) {
    std::vector<Histogram> histograms;
    for (const Range& range : ranges) histograms.emplace_back(range);
    observe(graph, images, count, [&](std::size_t layer, const Tensor& input) {
        if (ranges[layer].low < ranges[layer].high) histograms[layer].add(input);
    });
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        Range& range = ranges[i];
        if (!(range.low < range.high)) continue;
        const float high = histograms[i].below(percentile / 100.0);
        const float low = range.low < 0.0F ? histograms[i].above(percentile / 100.0) : range.low;
        const double bin = (static_cast<double>(range.high) - range.low) / kHistogramBins;
        if (std::max(std::abs(high), std::abs(low)) > 2.0 * bin && low < high) range = {low, high};
    }
}

/// Scale and zero point with which levels 0, step, 2 step.. cover the range, 0.0 lying exactly on level z.
ActivationQuant cover(Range range, int step) {
    const double high = std::max(0.0F, range.high), low = std::min(0.0F, range.low);
    const int most = kMaxLevel / step;
    if (high == low) return {1.0F, 0, step};
    if (low == 0.0) return {static_cast<float>(high * kLevels / (most * step)), 0, step};
    const int lowest = 1, highest = high > 0.0 ? most - 1 : most;
    const int zero = std::clamp(static_cast<int>(round_half_even(most * -low / (high - low))), lowest, highest);
    const double value = zero == most ? -low / zero : std::max(-low / zero, high / (most - zero)); // of one step
    return {static_cast<float>(value * kLevels / step), zero * step, step};
}

void check(const Graph& graph, const Tensor& images, const QuantConfig& config) {
    if (config.calibration_images < 1)
        throw UserError("calibration_images is " + std::to_string(config.calibration_images) + ", expected 1 or more");
    if (config.activations == ActivationScale::percentile && !(config.percentile > 50.0 && config.percentile <= 100.0))
        throw UserError("percentile is " + std::to_string(config.percentile) +
                        ", expected more than 50 and at most 100");
    if (config.activation_bits < 2 || config.activation_bits > kActivationBits)
        throw UserError("activation_bits is " + std::to_string(config.activation_bits) + ", expected 2.." +
                        std::to_string(kActivationBits));
    if (images.shape.empty() || images.dim(0) < 1)
        throw UserError("calibrating network '" + graph.name + "' needs at least one image");
}

float largest_magnitude(const float* first, const float* last) {
    float largest = 0.0F;
    for (; first != last; ++first) largest = std::max(largest, std::abs(*first));
    return largest;
}

/// All-zero weights get scale 1: any scale represents them.
float weight_scale(float largest) {
    return largest > 0.0F ? static_cast<float>(static_cast<double>(largest) * kLevels / kMaxLevel) : 1.0F;
}

} // namespace

std::uint8_t to_level(float x, const ActivationQuant& quant) {
    std::uint8_t level = 0;
    to_levels(&x, 1, quant, &level);
    return level;
}

/// Branches are selections here, so that the compiler makes vectors of the loop: every input of every layer passes it.
void to_levels(const float* x, std::size_t count, const ActivationQuant& quant, std::uint8_t* levels) {
    constexpr float kShift =
        12582912.0F; // 1.5 * 2^23: adding it leaves no room for a fraction, so it rounds half to even
    const float step = static_cast<float>(quant.step), steps = static_cast<float>(kLevels) / (quant.scale * step);
    const float zero = static_cast<float>(quant.zero / quant.step);
    const float most = static_cast<float>(kMaxLevel / quant.step);
    constexpr float kFar = 1024.0F; // beyond every level whatever the zero point
    for (std::size_t i = 0; i < count; ++i) {
        float scaled = x[i] * steps;
        scaled = scaled > -kFar ? scaled : -kFar; // NaN too
        scaled = scaled < kFar ? scaled : kFar;
        float level = ((scaled + kShift) - kShift) + zero;
        level = level > 0.0F ? level : 0.0F;
        level = level < most ? level : most;
        levels[i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(level * step));
    }
}

namespace {

constexpr int kLargestDeviation = 127;

/// Quantises every output with the scale that `scale_of(row, end)` gives, to magnitudes up to `largest`.
template <class ScaleOf> QuantWeights quantise_rows(const Op& op, int largest, ScaleOf scale_of) {
    QuantWeights result;
    result.shape = matrix_shape(op);
    if (result.shape.inputs > kMaxInputs)
        throw UserError(op_name(op) + " with " + std::to_string(result.shape.inputs) + " inputs per output: at most " +
                        std::to_string(kMaxInputs) + " fit a 32-bit accumulator; split the layer");
    const Tensor& weight = std::holds_alternative<Conv>(op) ? std::get<Conv>(op).weight : std::get<Dense>(op).weight;
    const std::size_t outputs = static_cast<std::size_t>(result.shape.groups) * result.shape.outputs;
    const std::size_t inputs = static_cast<std::size_t>(result.shape.inputs);
    if (weight.size() != outputs * inputs) throw ModelError(op_name(op) + " has no weights to quantise");
    const float* data = weight.data.data();
    result.q.resize(weight.size());
    for (std::size_t o = 0; o < outputs; ++o) {
        const float* row = data + o * inputs;
        result.scale.push_back(scale_of(row, row + inputs));
        for (std::size_t k = 0; k < inputs; ++k) {
            // Rounding half to even is symmetric in the sign.
            const double q = round_half_even(static_cast<double>(row[k]) * kLevels / result.scale[o]);
            result.q[o * inputs + k] = static_cast<std::int16_t>(std::clamp<double>(q, -largest, largest));
        }
    }
    return result;
}

const std::vector<float>& weights_of(const Op& op) {
    return std::holds_alternative<Conv>(op) ? std::get<Conv>(op).weight.data : std::get<Dense>(op).weight.data;
}

} // namespace

QuantWeights quantise_weights(const Op& op, WeightScale mode) {
    if (mode == WeightScale::per_channel)
        return quantise_rows(op, kMaxLevel, [](const float* row, const float* end) {
            return weight_scale(largest_magnitude(row, end));
        });
    const std::vector<float>& all = weights_of(op);
    const float scale = weight_scale(largest_magnitude(all.data(), all.data() + all.size()));
    return quantise_rows(op, kMaxLevel, [scale](const float*, const float*) { return scale; });
}

QuantWeights quantise_to_deviation(const Op& op, double sigma) {
    return quantise_rows(op, kLargestDeviation, [sigma](const float* row, const float* end) {
        double squares = 0.0;
        for (const float* w = row; w != end; ++w) squares += static_cast<double>(*w) * *w;
        const double rms = std::sqrt(squares / static_cast<double>(end - row));
        return rms > 0.0 ? static_cast<float>(kLevels * rms / sigma) : 1.0F;
    });
}

LevelCounts count_levels(const Tensor& input, const ActivationQuant& quant) {
    const auto channels = static_cast<std::size_t>(input.dim(1));
    const std::size_t plane = input.size() / channels / static_cast<std::size_t>(input.dim(0));
    std::vector<std::uint8_t> levels(input.size());
    to_levels(input.data.data(), input.size(), quant, levels.data());
    LevelCounts counts(channels);
    for (std::size_t i = 0; i < levels.size(); ++i) ++counts[i / plane % channels][levels[i]];
    return counts;
}

std::vector<ActivationQuant> calibrate(const Graph& graph, const Tensor& images, const QuantConfig& config) {
    check(graph, images, config);
    const std::int64_t count = std::min<std::int64_t>(images.dim(0), config.calibration_images);
    std::vector<Range> ranges = observed_ranges(graph, images, count);
    if (config.activations == ActivationScale::percentile)
        clip_to_percentile(graph, images, count, config.percentile, ranges);
    std::vector<ActivationQuant> quants;
    const std::vector<std::size_t> nodes = matrix_nodes(graph);
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        quants.push_back(
            cover(ranges[i], sees_pixels(graph.nodes[nodes[i]]) ? 1 : 1 << (kActivationBits - config.activation_bits)));
    }
    return quants;
}

} // namespace veilram
