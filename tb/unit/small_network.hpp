// A network with every operation, small enough to be evaluated by definition.
#pragma once

#include "models/base/random.hpp"
#include "models/image/compile.hpp"
#include "models/image/sc_engine.hpp"

#include <boost/random/normal_distribution.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace veilram::test {

inline std::vector<float> random_floats(Rng& rng, std::size_t count, double sigma) {
    boost::random::normal_distribution<double> normal(0.0, sigma);
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(normal(rng));
    return values;
}

inline Tensor random_tensor(Rng& rng, const Shape& shape, double sigma) {
    return {shape, random_floats(rng, static_cast<std::size_t>(element_count(shape)), sigma)};
}

inline Window square(int kernel, int stride, int pad) {
    Window window;
    window.kernel_h = window.kernel_w = kernel;
    window.stride_h = window.stride_w = stride;
    window.pad_top = window.pad_left = window.pad_bottom = window.pad_right = pad;
    return window;
}

inline Graph small_network(std::uint64_t seed) {
    Rng rng = make_rng(seed, "test/network");
    BatchNorm norm{random_floats(rng, 6, 1), random_floats(rng, 6, 1), random_floats(rng, 6, 1), {}, 1e-5F};
    norm.variance = {1.0F, 0.5F, 2.0F, 0.1F, 3.0F, 1.7F};
    Graph graph{"small", {2, 6, 6}, {}};
    graph.nodes = {
        {"pad", Pad{{0, 0, 1, 1}, {0, 0, 1, 1}, 0.1F}, {0}, {}},
        {"conv", Conv{square(3, 1, 0), 1, random_tensor(rng, {6, 2, 3, 3}, 0.3), random_floats(rng, 6, 0.1)}, {1}, {}},
        {"relu", Relu{}, {2}, {}},
        {"norm", norm, {3}, {}},
        {"grouped", Conv{square(3, 1, 1), 3, random_tensor(rng, {6, 2, 3, 3}, 0.2), {}}, {4}, {}},
        {"add", Add{}, {3, 5}, {}},
        {"max", MaxPool{square(2, 2, 0)}, {6}, {}},
        {"slice", Slice{{0, 0, 0, 0}, {1, 6, 3, 3}, {1, 1, 2, 2}}, {7}, {}},
        {"average", AveragePool{square(2, 1, 0), true}, {8}, {}},
        {"clip", Clip{-1.0F, 2.0F}, {9}, {}},
        {"concat", Concat{}, {10, 9}, {}},
        {"global", GlobalAveragePool{}, {11}, {}},
        {"flatten", Flatten{}, {12}, {}},
        {"dense", Dense{random_tensor(rng, {10, 12}, 0.5), random_floats(rng, 10, 0.1)}, {13}, {}}};
    infer_shapes(graph);
    return graph;
}

/// Input quantisers of its three matrix layers; two have a zero point.
inline std::vector<ActivationQuant> small_activations() { return {{4.0F, 128}, {8.0F, 100}, {6.0F, 0}}; }

/// Crossbars of eight row pairs, so that every layer needs several and some places stay unused.
inline CompileConfig small_config() {
    CompileConfig config;
    config.array.rows = 8;
    config.map.n = 3;
    config.input = {{0.5F, 0.25F}, {0.2F, 0.3F}};
    return config;
}

inline Tensor small_images(std::size_t count, std::uint64_t seed) {
    Rng rng = make_rng(seed, "test/images");
    return random_tensor(rng, {static_cast<std::int64_t>(count), 2, 6, 6}, 1.0);
}

inline Compiled compile_small(const CompileConfig& config, std::uint64_t seed = 1) {
    return compile(small_network(seed), small_activations(), config, small_images(4, seed + 100));
}

/// Logits of a device.
inline Tensor run(const Program& program, const NvmSource& nvm, const std::vector<LayerSecrets>& secrets,
                  const Tensor& images) {
    ScEngine engine(program, nvm, secrets);
    return infer(program.graph, images, engine);
}

} // namespace veilram::test
