#include "models/nn/im2col.hpp"

namespace veilram {

PatchGeometry patch_geometry(const Conv& conv, const Shape& in_shape) {
    PatchGeometry g;
    g.window = conv.window;
    g.channels = static_cast<int>(conv.weight.dim(1));
    g.in_h = static_cast<int>(in_shape[2]);
    g.in_w = static_cast<int>(in_shape[3]);
    g.padded_h = g.in_h + conv.window.pad_top + conv.window.pad_bottom;
    g.padded_w = g.in_w + conv.window.pad_left + conv.window.pad_right;
    g.out_h = conv.window.out_h(g.in_h);
    g.out_w = conv.window.out_w(g.in_w);
    for (int c = 0; c < g.channels; ++c)
        for (int y = 0; y < conv.window.kernel_h; ++y)
            for (int x = 0; x < conv.window.kernel_w; ++x) {
                const std::size_t row = static_cast<std::size_t>(c) * g.padded_h + y * conv.window.dilation_h;
                g.offsets.push_back(row * g.padded_w + static_cast<std::size_t>(x) * conv.window.dilation_w);
            }
    return g;
}

} // namespace veilram
