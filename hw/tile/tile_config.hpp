// Parameters of the tile controller.
#pragma once

#include "hw/res/res_core.hpp"
#include "models/sc/crossbar_read.hpp"
#include "models/sc/geometry.hpp"

#include <cstdint>

namespace veilram {

struct TileConfig {
    ArrayGeometry array;
    std::uint32_t crossbars = 1;
    int n = 8;
    AdcConfig adc;
    std::uint64_t image_base = 0; ///< memory address of the image's header
    ResPolicy policy = ResPolicy::per_layer;
};

} // namespace veilram
