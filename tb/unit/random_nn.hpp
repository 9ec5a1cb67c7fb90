// Random operations and images for property tests.
#pragma once

#include "models/base/random.hpp"
#include "models/nn/graph.hpp"

#include <boost/random/uniform_int_distribution.hpp>
#include <boost/random/uniform_real_distribution.hpp>

#include <utility>
#include <vector>

namespace veilram::test {

inline int pick(Rng& rng, int low, int high) { return boost::random::uniform_int_distribution<int>(low, high)(rng); }

inline std::vector<float> random_floats(Rng& rng, std::size_t count, float low = -1.0F, float high = 1.0F) {
    boost::random::uniform_real_distribution<float> value(low, high);
    std::vector<float> values(count);
    for (float& v : values) v = value(rng);
    return values;
}

inline Tensor random_tensor(Rng& rng, const Shape& shape, float low = -1.0F, float high = 1.0F) {
    return Tensor(shape, random_floats(rng, static_cast<std::size_t>(element_count(shape)), low, high));
}

/// Every field drawn; small enough for an image of 6 x 6 and more.
inline Window random_window(Rng& rng) {
    Window w;
    w.kernel_h = pick(rng, 1, 3), w.kernel_w = pick(rng, 1, 3);
    w.stride_h = pick(rng, 1, 3), w.stride_w = pick(rng, 1, 3);
    w.pad_top = pick(rng, 0, w.kernel_h - 1), w.pad_bottom = pick(rng, 0, w.kernel_h - 1);
    w.pad_left = pick(rng, 0, w.kernel_w - 1), w.pad_right = pick(rng, 0, w.kernel_w - 1);
    w.dilation_h = pick(rng, 1, 2), w.dilation_w = pick(rng, 1, 2);
    return w;
}

inline Conv random_conv(Rng& rng, int groups, int channels, int outputs, const Window& window) {
    Conv conv{window, groups, {}, random_floats(rng, static_cast<std::size_t>(groups) * outputs)};
    conv.weight = random_tensor(rng, {groups * outputs, channels, window.kernel_h, window.kernel_w});
    return conv;
}

inline BatchNorm random_norm(Rng& rng, std::size_t channels) {
    return {random_floats(rng, channels, 0.5F, 2.0F), random_floats(rng, channels), random_floats(rng, channels),
            random_floats(rng, channels, 0.1F, 3.0F), 1e-3F};
}

/// Batch norm in every place: at the input, after a conv alone and shared, after a dense; two paths that meet; every
/// other operation once. Images are 3 x 9 x 9.
inline Graph random_graph(Rng& rng) {
    Graph g{"random", {3, 9, 9}, {}};
    const auto add = [&](const char* name, Op op, std::vector<ValueId> inputs) -> ValueId {
        g.nodes.push_back({name, std::move(op), std::move(inputs), {}});
        return g.nodes.size();
    };
    const Window same{3, 3, 1, 1, 1, 1, 1, 1}, halve{3, 3, 2, 2}, tiny{2, 2, 1, 1};
    Window uneven{2, 2, 2, 2};
    uneven.ceil_mode = true;
    const ValueId input = add("input_norm", random_norm(rng, 3), {0});
    const ValueId stem = add("stem", random_conv(rng, 1, 3, 4, same), {input});
    const ValueId stem_norm = add("stem_norm", random_norm(rng, 4), {stem});
    const ValueId relu = add("relu", Relu{}, {stem_norm});
    const ValueId shared = add("grouped", random_conv(rng, 2, 2, 2, same), {relu});
    const ValueId norm = add("shared_norm", random_norm(rng, 4), {shared});
    const ValueId sum = add("sum", Add{}, {norm, shared});
    const ValueId cut = add("cut", Slice{{0, 1, 0, 1}, {1, 4, 9, 9}, {1, 1, 2, 1}}, {sum});
    const ValueId padded = add("padded", Pad{{0, 0, 1, 0}, {0, 1, 3, 1}, 0.5F}, {cut});
    const ValueId largest = add("largest", MaxPool{halve}, {padded});
    const ValueId mean = add("mean", AveragePool{uneven, true}, {largest});
    const ValueId clipped = add("clipped", Clip{-0.5F, 1.5F}, {mean});
    const ValueId both = add("both", Concat{}, {clipped, mean});
    const ValueId corner = add("corner", AveragePool{tiny, false}, {both});
    const ValueId flat = add("flat", Flatten{}, {corner});
    const ValueId hidden = add("hidden", Dense{random_tensor(rng, {5, 8}), {}}, {flat});
    const ValueId hidden_norm = add("hidden_norm", random_norm(rng, 5), {hidden});
    add("logits", Dense{random_tensor(rng, {3, 5}), random_floats(rng, 3)}, {hidden_norm});
    infer_shapes(g);
    return g;
}

} // namespace veilram::test
