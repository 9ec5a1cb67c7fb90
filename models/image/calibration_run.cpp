#include "models/image/calibration_run.hpp"

#include "models/base/parallel.hpp"
#include "models/image/sc_engine.hpp"
#include "models/nn/level_map.hpp"
#include "models/nn/moments.hpp"

#include <boost/random/uniform_int_distribution.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace veilram {
namespace {

constexpr double kLayerShare = 0.1;   ///< what the whole layer's levels weigh beside a channel's own
constexpr double kLargest = 1U << 30; ///< of a wanted sum of products, in 1/256 counts

/// Outputs by channel: [images][channels][plane].
struct ChannelView {
    std::size_t images, channels, plane;

    explicit ChannelView(const Tensor& values)
        : images(static_cast<std::size_t>(values.dim(0))), channels(static_cast<std::size_t>(values.dim(1))),
          plane(values.size() / std::max<std::size_t>(images * channels, 1)) {}
    std::size_t at(std::size_t image, std::size_t channel) const { return (image * channels + channel) * plane; }
    std::size_t positions() const { return images * plane; }
};

/// Goes on to the next matrix node, or to the end.
void run_digital_nodes(Walk& walk) {
    while (!walk.at_end() && !is_matrix(walk.node().op)) walk.supply(digital(walk.node(), walk.operands()));
}

} // namespace

CalibrationRun::CalibrationRun(const Graph& graph, const Tensor& images)
    : float_(graph, images), mapped_(graph, images) {
    go_on();
}

void CalibrationRun::go_on() {
    run_digital_nodes(float_);
    run_digital_nodes(mapped_);
    if (!float_.at_end()) wanted_ = multiply_on_all_cores(float_.node(), *float_.operands().at(0));
}

LayerLevels CalibrationRun::levels(const ActivationQuant& quant) const {
    const LevelCounts counts = count_levels(*float_.operands().at(0), quant);
    LevelShares all;
    double values = 0.0;
    for (const auto& channel : counts)
        for (std::size_t level = 0; level < channel.size(); ++level) {
            all.share[level] += static_cast<double>(channel[level]);
            values += static_cast<double>(channel[level]);
        }
    LayerLevels shares(counts.size());
    for (std::size_t c = 0; c < counts.size(); ++c) {
        shares[c].zero = quant.zero;
        for (std::size_t level = 0; level < counts[c].size(); ++level)
            shares[c].share[level] =
                static_cast<double>(counts[c][level]) * static_cast<double>(counts.size()) / values +
                kLayerShare * all.share[level] / values;
    }
    return shares;
}

OutputSamples CalibrationRun::samples(std::size_t count, const ActivationQuant& quant, const std::vector<float>& scale,
                                      Rng rng) const {
    const MatrixShape shape = matrix_shape(mapped_.node().op);
    const ChannelView view(wanted_);
    const auto draw = [&rng](std::size_t below) {
        return boost::random::uniform_int_distribution<std::size_t>(0, below - 1)(rng);
    };
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < count; ++i)
        positions.push_back(i * view.images / count * view.plane + draw(view.plane));
    for (std::size_t i = count; i > 1; --i) std::swap(positions[i - 1], positions[draw(i)]);

    OutputSamples samples{count, {}, {}};
    samples.levels.reserve(static_cast<std::size_t>(shape.groups * shape.inputs) * count);
    for (int group = 0; group < shape.groups; ++group) {
        const LevelMap map = map_levels(mapped_.node().op, group, mapped_input(), quant);
        for (std::size_t k = 0; k < static_cast<std::size_t>(map.inputs()); ++k)
            for (const std::size_t position : positions) samples.levels.push_back(map.at(position, k));
    }
    samples.wanted.resize(view.channels * count);
    const std::vector<double> means = channel_moments(wanted_).mean;
    parallel_for(view.channels, [&](std::size_t o) {
        const double counts = static_cast<double>(kLevels) * kLevels / (static_cast<double>(scale[o]) * quant.scale);
        for (std::size_t i = 0; i < count; ++i) {
            const float value = wanted_.data[view.at(positions[i] / view.plane, o) + positions[i] % view.plane];
            samples.wanted[o * count + i] =
                static_cast<std::int32_t>(std::clamp((value - means[o]) * counts, -kLargest, kLargest));
        }
    });
    return samples;
}

LayerQuant CalibrationRun::correct(Tensor output, LayerQuant quant) {
    const ChannelView view(output);
    const ChannelMoments have = channel_moments(output), goal = channel_moments(wanted_);
    parallel_for(view.channels, [&](std::size_t c) {
        const bool changes = have.variance[c] > 0.0 && goal.variance[c] > 0.0;
        const double factor = changes ? std::sqrt(goal.variance[c] / have.variance[c]) : 1.0;
        const double shift = goal.mean[c] - factor * have.mean[c];
        quant.weight_scale[c] = static_cast<float>(quant.weight_scale[c] * factor);
        quant.bias[c] = static_cast<float>(quant.bias[c] * factor + shift);
        for (std::size_t image = 0; image < view.images; ++image) {
            float* values = output.data.data() + view.at(image, c);
            for (std::size_t i = 0; i < view.plane; ++i) values[i] = static_cast<float>(values[i] * factor + shift);
        }
    });
    float_.supply(std::move(wanted_));
    mapped_.supply(std::move(output));
    go_on();
    return quant;
}

void re_estimate_outputs(Program& program, const NvmSource& nvm, const std::vector<LayerSecrets>& secrets,
                         const Graph& graph, const Tensor& images) {
    const Program as_mapped = program; // the engine keeps looking at it
    ScEngine device(as_mapped, nvm, secrets);
    CalibrationRun run(graph, images);
    const std::vector<std::size_t> nodes = matrix_nodes(program.graph);
    for (std::size_t l = 0; l < nodes.size(); ++l)
        program.layers[l].quant = run.correct(device.apply(l, program.graph.nodes[nodes[l]], run.mapped_input(), 0),
                                              as_mapped.layers[l].quant);
}

} // namespace veilram
