// Conversions at the pins of the converters, clock by clock.
#pragma once

#include "hw/converter/conversion_source.hpp"
#include "hw/converter/lfsr_pins.hpp"
#include "hw/converter/sign_bit_pins.hpp"
#include "hw/cycle/pin_port.hpp"
#include "models/sc/stream_set.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace veilram {

/// One after another: clocks 0..kClocks-1 of a conversion take its level first and leave its stream last. Lockstep
/// finds a converter that takes another time.
class SignBitConversion {
public:
    static constexpr int kClocks = 4;

    PinPort<SignBitPins> port;

    /// Throws UserError for rtl without Verilator.
    SignBitConversion(Implementation kind, PinClock* pins, const std::string& name)
        : port(PinPort<SignBitPins>::make<SignBitCycle>(kind, pins, name)) {}

    void clock(const ConversionSource& source, unsigned level, int number, WideWord& stream);
};

/// The same, a bit a clock.
class LfsrConversion {
public:
    static constexpr int kClocks = 1 + static_cast<int>(LfsrPins::kBits);

    PinPort<LfsrPins> port;

    LfsrConversion(Implementation kind, PinClock* pins, const std::string& name)
        : port(PinPort<LfsrPins>::make<LfsrCycle>(kind, pins, name)) {}

    void clock(const ConversionSource& source, unsigned level, int number, WideWord& stream);
};

/// The streams of some levels, by either of them.
template <class Conversion>
StreamSet convert_levels(Conversion& conversion, const ConversionSource& source, const LevelSet& levels) {
    BitMatrix streams(levels.count(), kStreamBits);
    std::size_t row = 0;
    WideWord stream{};
    levels.for_each([&](std::size_t level) {
        for (int number = 0; number < Conversion::kClocks; ++number)
            conversion.clock(source, static_cast<unsigned>(level), number, stream);
        std::copy(stream.begin(), stream.end(), streams.row(row++));
    });
    return {levels, std::move(streams)};
}

} // namespace veilram
