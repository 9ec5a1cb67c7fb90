// The text of a testbench that plays test vectors.
#pragma once

#include "hw/cycle/pins.hpp"

#include <cstdint>
#include <string>

namespace veilram {

struct VectorLines {
    std::string inputs, outputs; ///< files
    std::int64_t clocks = 0;     ///< lines of each
    std::string after_reset;     ///< the outputs then, in hex
};

/// SystemVerilog that Icarus 11 and later take, and any other simulator. It is to run in the folder of the files.
std::string vector_testbench(const PinTable& table, const VectorLines& lines);

} // namespace veilram
