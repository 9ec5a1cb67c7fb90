// Parameters of the GSL selector.
#pragma once

#include "hw/cycle/implementation.hpp"
#include "models/base/units.hpp"
#include "models/sc/geometry.hpp"

#include <cstdint>

namespace veilram {

struct GslConfig {
    ArrayGeometry array;
    std::uint32_t crossbars = 1;
    int n = 8;        ///< vector registers per crossbar
    Cost vector_load; ///< one vector into its register
    Cost zeroise;     ///< all registers, or those of a layer, at once
    Cost line_switch; ///< driving the GSL lines of one crossbar to another slot
    Implementation implementation = Implementation::systemc;
};

} // namespace veilram
