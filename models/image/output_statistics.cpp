#include "models/image/output_statistics.hpp"

#include "models/base/parallel.hpp"
#include "models/base/progress.hpp"
#include "models/image/sc_engine.hpp"

#include <algorithm>
#include <cmath>

namespace veilram {
namespace {

constexpr std::size_t kBatch = 8; ///< images of the float network that are at work together

/// Sums over every position of an output channel.
struct Moments {
    std::vector<double> sum, squares;
    double count = 0.0;

    void add(const Moments& other) {
        sum.resize(other.sum.size());
        squares.resize(other.sum.size());
        for (std::size_t c = 0; c < sum.size(); ++c) {
            sum[c] += other.sum[c];
            squares[c] += other.squares[c];
        }
        count += other.count;
    }
    double mean(std::size_t c) const { return sum[c] / count; }
    double deviation(std::size_t c) const { return std::sqrt(std::max(squares[c] / count - mean(c) * mean(c), 0.0)); }
};

Moments moments_of(const Tensor& out) {
    const auto images = static_cast<std::size_t>(out.dim(0)), channels = static_cast<std::size_t>(out.dim(1));
    const std::size_t plane = out.size() / (images * channels);
    Moments moments{std::vector<double>(channels), std::vector<double>(channels), static_cast<double>(images * plane)};
    parallel_for(channels, [&](std::size_t c) {
        for (std::size_t image = 0; image < images; ++image) {
            const float* from = out.data.data() + (image * channels + c) * plane;
            for (std::size_t i = 0; i < plane; ++i) {
                moments.sum[c] += from[i];
                moments.squares[c] += static_cast<double>(from[i]) * from[i];
            }
        }
    });
    return moments;
}

/// The float network, noting the moments of every layer's outputs.
class Recorder final : public MatrixEngine {
public:
    explicit Recorder(std::size_t layers) : moments(layers) {}
    Tensor apply(std::size_t layer, const Node& node, const Tensor& input, std::size_t first_image) override {
        Tensor out = engine_.apply(layer, node, input, first_image);
        moments[layer] = moments_of(out);
        return out;
    }
    std::vector<Moments> moments;

private:
    FloatEngine engine_;
};

Tensor part_of(const Tensor& images, std::size_t first, std::size_t count) {
    const std::size_t size = images.size() / static_cast<std::size_t>(images.dim(0));
    const auto from = images.data.begin() + static_cast<std::ptrdiff_t>(first * size);
    Shape shape = images.shape;
    shape[0] = static_cast<std::int64_t>(count);
    return {std::move(shape), {from, from + static_cast<std::ptrdiff_t>(count * size)}};
}

std::vector<Moments> float_moments(const Graph& graph, const Tensor& images) {
    const auto count = static_cast<std::size_t>(images.dim(0));
    const std::size_t layers = matrix_nodes(graph).size();
    std::vector<std::vector<Moments>> parts((count + kBatch - 1) / kBatch);
    Progress progress("float statistics", count);
    parallel_for(parts.size(), [&](std::size_t i) {
        const std::size_t first = i * kBatch, here = std::min(kBatch, count - first);
        Recorder recorder(layers);
        infer(graph, part_of(images, first, here), recorder);
        parts[i] = std::move(recorder.moments);
        progress.step(here);
    });
    std::vector<Moments> all(layers);
    for (const auto& part : parts) // in order: sums of doubles
        for (std::size_t l = 0; l < layers; ++l) all[l].add(part[l]);
    return all;
}

/// The device, whose layers are corrected as soon as their outputs are known.
class Corrector final : public MatrixEngine {
public:
    Corrector(MatrixEngine& device, Program& program, std::vector<Moments> wanted)
        : device_(device), program_(program), wanted_(std::move(wanted)),
          progress_("re-estimating outputs", program.layers.size()) {}

    Tensor apply(std::size_t layer, const Node& node, const Tensor& input, std::size_t first_image) override {
        Tensor out = device_.apply(layer, node, input, first_image);
        const Moments have = moments_of(out);
        const Moments& want = wanted_[layer];
        LayerQuant& quant = program_.layers[layer].quant;
        const std::size_t channels = have.sum.size(),
                          plane = out.size() / channels / static_cast<std::size_t>(out.dim(0));
        for (std::size_t c = 0; c < channels; ++c) {
            const double factor =
                have.deviation(c) > 0.0 && want.deviation(c) > 0.0 ? want.deviation(c) / have.deviation(c) : 1.0;
            const double shift = want.mean(c) - factor * have.mean(c);
            quant.weight_scale[c] = static_cast<float>(quant.weight_scale[c] * factor);
            quant.bias[c] = static_cast<float>(quant.bias[c] * factor + shift);
            for (std::size_t image = 0; image < static_cast<std::size_t>(out.dim(0)); ++image) {
                float* values = out.data.data() + (image * channels + c) * plane;
                for (std::size_t i = 0; i < plane; ++i) values[i] = static_cast<float>(values[i] * factor + shift);
            }
        }
        progress_.step();
        return out;
    }

private:
    MatrixEngine& device_;
    Program& program_;
    std::vector<Moments> wanted_;
    Progress progress_;
};

} // namespace

void re_estimate_outputs(Program& program, const NvmSource& nvm, const std::vector<LayerSecrets>& secrets,
                         const Graph& graph, const Tensor& images) {
    const Program as_mapped = program; // the engine keeps looking at it
    ScEngine device(as_mapped, nvm, secrets);
    Corrector corrector(device, program, float_moments(graph, images));
    infer(program.graph, images, corrector);
}

} // namespace veilram
