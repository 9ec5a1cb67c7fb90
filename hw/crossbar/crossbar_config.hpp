// Parameters of the 1T4R crossbar and of the sign crossbar.
#pragma once

#include "models/base/units.hpp"
#include "models/sc/crossbar_read.hpp"
#include "models/sc/geometry.hpp"

#include <cstdint>

namespace veilram {

struct CrossbarConfig {
    ArrayGeometry array;
    AdcConfig adc;
    int adcs = 1;        ///< converters that share the row pairs of one crossbar
    Cost array_read;     ///< one read of the selected half array, all row pairs
    Cost adc_conversion; ///< one count
    Cost cell_write;     ///< one cell, one program-verify cycle
};

struct SignCrossbarConfig {
    std::uint32_t rows = 0; ///< crossbars * n
    int bits = 256;         ///< per row
    Cost row_read;
    Cost cell_write;
};

} // namespace veilram
