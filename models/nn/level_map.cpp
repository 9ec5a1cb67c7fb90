#include "models/nn/level_map.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/parallel.hpp"
#include "models/nn/im2col.hpp"

#include <array>
#include <limits>
#include <string>

namespace veilram {
namespace {

void check_size(std::size_t levels) {
    if (levels > std::numeric_limits<std::uint32_t>::max())
        throw UserError("a batch of " + std::to_string(levels) + " levels is too large; choose a smaller batch");
}

void note_seen(const std::uint8_t* levels, std::size_t count, LevelSet& seen) {
    std::array<bool, kLevels> flags{}; // a byte each: no read-modify-write of a shared word in the loop
    for (std::size_t i = 0; i < count; ++i) flags[levels[i]] = true;
    for (std::size_t level = 0; level < kLevels; ++level)
        if (flags[level]) seen.set(level);
}

void number_positions(const PatchGeometry& g, std::size_t images, LevelMap& map) {
    map.origins.reserve(images * g.positions());
    for (std::size_t image = 0; image < images; ++image)
        for (int y = 0; y < g.out_h; ++y)
            for (int x = 0; x < g.out_w; ++x)
                map.origins.push_back(static_cast<std::uint32_t>(image * g.padded_size() + g.origin(y, x)));
}

LevelMap conv_levels(const Conv& conv, int group, const Tensor& input, const ActivationQuant& quant) {
    const PatchGeometry g = patch_geometry(conv, input.shape);
    const auto images = static_cast<std::size_t>(input.dim(0)), channels = static_cast<std::size_t>(g.channels);
    check_size(images * g.padded_size());
    LevelMap map;
    map.images = images;
    map.offsets.assign(g.offsets.begin(), g.offsets.end());
    map.inputs_per_channel = g.offsets.size() / channels;
    map.seen.resize(channels);
    number_positions(g, images, map);
    const std::size_t group_size = channels * g.in_h * g.in_w;
    const std::size_t padded_plane = g.padded_size() / channels;
    map.levels.assign(images * g.padded_size(), static_cast<std::uint8_t>(quant.zero));
    std::vector<LevelSet> seen(images * channels);
    parallel_for(images, [&](std::size_t image) {
        const float* from = input.data.data() + (image * conv.groups + static_cast<std::size_t>(group)) * group_size;
        std::uint8_t* padded = map.levels.data() + image * g.padded_size();
        for_each_row(g, [&](std::size_t source, std::size_t target) {
            to_levels(from + source, static_cast<std::size_t>(g.in_w), quant, padded + target);
        });
        for (std::size_t c = 0; c < channels; ++c)
            note_seen(padded + c * padded_plane, padded_plane, seen[image * channels + c]);
    });
    for (std::size_t i = 0; i < seen.size(); ++i) map.seen[i % channels].add(seen[i]);
    return map;
}

LevelMap dense_levels(const Tensor& input, const ActivationQuant& quant) {
    check_size(input.size());
    const auto images = static_cast<std::size_t>(input.dim(0)), inputs = static_cast<std::size_t>(input.dim(1));
    LevelMap map;
    map.images = images;
    map.levels.resize(input.size());
    to_levels(input.data.data(), input.size(), quant, map.levels.data());
    for (std::size_t image = 0; image < images; ++image)
        map.origins.push_back(static_cast<std::uint32_t>(image * inputs));
    map.seen.resize(inputs);
    for (std::size_t k = 0; k < inputs; ++k) {
        map.offsets.push_back(static_cast<std::uint32_t>(k));
        for (std::size_t image = 0; image < images; ++image) map.seen[k].set(map.at(image, k));
    }
    return map;
}

} // namespace

LevelMap map_levels(const Op& op, int group, const Tensor& input, const ActivationQuant& quant) {
    if (group < 0 || group >= matrix_shape(op).groups)
        throw ModelError(op_name(op) + " has no group " + std::to_string(group));
    if (const auto* conv = std::get_if<Conv>(&op)) return conv_levels(*conv, group, input, quant);
    return dense_levels(input, quant);
}

} // namespace veilram
