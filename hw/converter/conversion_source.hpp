// From what the streams of a burst are made.
#pragma once

#include "hw/cycle/pins.hpp"
#include "models/sc/streams.hpp"

#include <cstdint>

namespace veilram {

/// Clears itself when it goes.
struct ConversionSource {
    ConverterKind kind = ConverterKind::sign_bit;
    WideWord row{};     ///< of the sign crossbar
    StartTable start{}; ///< secret
    std::uint8_t lfsr_seed = 1;

    ~ConversionSource() {
        row.fill(0);
        start.fill(0);
    }
};

} // namespace veilram
