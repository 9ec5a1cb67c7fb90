// Everything that makes one chip: its size, its fuses, its costs.
#pragma once

#include "hw/cycle/implementation.hpp"
#include "hw/res/res_core.hpp"
#include "hw/tile/tile_config.hpp"
#include "models/arch/chip_costs.hpp"
#include "models/arch/sharing.hpp"
#include "models/base/units.hpp"
#include "models/device/device_model.hpp"
#include "models/protect/secrets.hpp"
#include "models/sc/crossbar_read.hpp"
#include "models/sc/geometry.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

namespace veilram {

/// What the blocks that have twins are made of. Results, time and energy are the same.
struct Implementations {
    Implementation gsl = Implementation::systemc;
    Implementation converter = Implementation::systemc;
    Implementation res = Implementation::systemc;

    bool any(Implementation kind) const { return gsl == kind || converter == kind || res == kind; }
};

struct ChipConfig {
    ArrayGeometry array;
    AdcConfig adc;
    std::uint32_t crossbars = 1;
    int n = 8;                ///< GSL vector registers per crossbar
    std::uint32_t layers = 1; ///< slots of the key SRAM
    std::uint32_t key_slot_bytes = 4096;
    std::uint64_t image_base = 0; ///< where in memory the image starts
    ResPolicy policy = ResPolicy::per_layer;
    Ps clock{833};                                ///< of the tile
    std::map<std::size_t, ClockedWindow> clocked; ///< layers whose reads take place clock by clock
    std::set<std::uint32_t> clocked_crossbars;    ///< that those layers use; empty: any
    Sharing sharing;                              ///< of converters and ADCs of neighbouring crossbars of a layer
    Fj hold_up;                                   ///< stored for locking after power_good has fallen
    Ps ride_through;                              ///< dips of power_good that are shorter do not reach the rail
    Ps remanence;                                 ///< for which volatile memories keep their content without power
    Key256 root_key{};                            ///< fused at manufacture
    std::uint32_t minimum_version = 1;            ///< state of the monotonic counter
    DeviceConfig device;                          ///< how far the cells are from ideal
    Implementations implementations;
    ChipCosts costs;
};

} // namespace veilram
