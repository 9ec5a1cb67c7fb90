// How the taps of a convolution's patches lie in memory, for floats and for levels alike.
#pragma once

#include "models/nn/graph.hpp"

#include <cstddef>
#include <vector>

namespace veilram {

/// One group of a convolution on one image. The image is copied once into a padded one, so that no tap needs a bounds
/// check.
struct PatchGeometry {
    Window window;
    int channels = 0; ///< of the group
    int in_h = 0, in_w = 0;
    int padded_h = 0, padded_w = 0;
    int out_h = 0, out_w = 0;
    std::vector<std::size_t> offsets; ///< from a patch's first sample to tap k = (c * kernel_h + y) * kernel_w + x

    std::size_t positions() const { return static_cast<std::size_t>(out_h) * out_w; }
    std::size_t padded_size() const { return static_cast<std::size_t>(channels) * padded_h * padded_w; }
    /// First sample of the patch at this output position.
    std::size_t origin(int y, int x) const {
        return static_cast<std::size_t>(y) * window.stride_h * padded_w + static_cast<std::size_t>(x) * window.stride_w;
    }
};

/// `in_shape` is [N, C, H, W].
PatchGeometry patch_geometry(const Conv& conv, const Shape& in_shape);

/// Calls copy(from, to) for every row of an image of the group: where its g.in_w samples lie, and where in the padded image.
template <class Copy> void for_each_row(const PatchGeometry& g, Copy copy) {
    for (int c = 0; c < g.channels; ++c)
        for (int y = 0; y < g.in_h; ++y) {
            const std::size_t row = static_cast<std::size_t>(c) * g.padded_h + g.window.pad_top + y;
            copy((static_cast<std::size_t>(c) * g.in_h + y) * g.in_w, row * g.padded_w + g.window.pad_left);
        }
}

} // namespace veilram
