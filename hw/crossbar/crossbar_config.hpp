// Parameters of the 1T4R crossbar and of the sign crossbar.
#pragma once

#include "hw/cycle/implementation.hpp"
#include "models/base/units.hpp"
#include "models/device/device_model.hpp"
#include "models/sc/crossbar_read.hpp"
#include "models/sc/geometry.hpp"

#include <cstdint>

namespace veilram {

struct CrossbarConfig {
    ArrayGeometry array;
    AdcConfig adc;
    int adcs = 1;             ///< converters that share the row pairs of one crossbar
    Cost array_read;          ///< one read of the selected half array, all row pairs
    Cost word_line;           ///< one word line for one read; all of them work side by side
    Cost adc_conversion;      ///< one count
    Cost cell_write;          ///< one cell, one program-verify cycle
    DeviceConfig device;      ///< how far the cells are from ideal; read_sigma is not modelled here
    std::uint32_t number = 0; ///< of the crossbar in the chip
    Ps clock;                 ///< of reads clock by clock; 0: there are none
    Implementation converter = Implementation::cycle; ///< of streams for these; not systemc
};

struct SignCrossbarConfig {
    std::uint32_t rows = 0; ///< crossbars * n
    int bits = 256;         ///< per row
    Cost row_read;
    Cost cell_write;                ///< one pulse
    std::uint32_t journal_rows = 0; ///< after the sign rows
    std::uint64_t seed = 1;         ///< of what pulses leave that power cuts short
};

} // namespace veilram
