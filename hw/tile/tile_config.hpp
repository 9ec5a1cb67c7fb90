// Parameters of the tile controller.
#pragma once

#include "hw/res/res_core.hpp"
#include "models/arch/sharing.hpp"
#include "models/base/units.hpp"
#include "models/sc/crossbar_read.hpp"
#include "models/sc/geometry.hpp"

#include <cstddef>
#include <cstdint>
#include <map>

namespace veilram {

/// Positions of a layer's outputs whose reads take place clock by clock.
struct ClockedWindow {
    std::size_t first = 0;
    std::size_t count = static_cast<std::size_t>(-1); ///< at most; all by default
};

struct TileConfig {
    ArrayGeometry array;
    std::uint32_t crossbars = 1;
    int n = 8;
    AdcConfig adc;
    std::uint64_t image_base = 0; ///< memory address of the image's header
    ResPolicy policy = ResPolicy::per_layer;
    std::map<std::size_t, ClockedWindow> clocked; ///< by layer; others are loosely timed
    Ps accumulate;                                ///< of one position, clock by clock
    Sharing sharing; ///< of converters and ADCs; not of streams, and not of what is clocked
};

} // namespace veilram
