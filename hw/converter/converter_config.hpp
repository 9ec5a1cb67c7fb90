// Parameters of the binary-to-stream converters.
#pragma once

#include "hw/cycle/implementation.hpp"
#include "models/base/units.hpp"

#include <cstddef>
#include <cstdint>

namespace veilram {

struct LfsrConverterConfig {
    int bits = 256; ///< stream length, one bit per clock
    Cost bit;       ///< one clock of LFSR and comparator
    Implementation implementation = Implementation::systemc;
};

struct SignBitConverterConfig {
    int bits = 256;
    int rows_per_crossbar = 8; ///< n: sign rows of one crossbar
    int inject_cycles = 2;     ///< clocks to inject, after the row read
    Cost inject;               ///< one clock of the injector
    Cost table_load;           ///< a table of start positions, or its erasure
    std::size_t tables = 1;    ///< tables of start positions: layers that are in clear at a time
    Implementation implementation = Implementation::systemc;
};

} // namespace veilram
