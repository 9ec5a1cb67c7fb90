// The converter of one crossbar whose data path is there clock by clock.
#pragma once

#include "hw/converter/lfsr_pins.hpp"
#include "hw/converter/sign_bit_pins.hpp"
#include "hw/cycle/pin_port.hpp"
#include "models/sc/streams.hpp"

#include <cstdint>
#include <string>

namespace veilram {

/// From what the streams of a burst are made.
struct ConversionSource {
    ConverterKind kind = ConverterKind::sign_bit;
    WideWord row{};     ///< of the sign crossbar
    StartTable start{}; ///< secret
    std::uint8_t lfsr_seed = 1;
};

/// Drives the pins of a converter of either kind, a conversion at a time.
class ClockedConverter {
public:
    /// Throws UserError for rtl without Verilator. `pins` must outlive it.
    ClockedConverter(Implementation kind, PinClock& pins, const std::string& name);

    void begin(const ConversionSource& source) { source_ = source; }
    /// Of one conversion: the level is taken in the first one, the stream handed over in the last one.
    int clocks() const { return source_.kind == ConverterKind::lfsr ? 1 + static_cast<int>(LfsrPins::kBits) : 4; }
    /// Clock `number`, from 0, of the conversion of `level`, at `now`.
    void clock(unsigned level, int number, Ps now);
    /// After the last clock.
    const WideWord& stream() const { return stream_; }
    /// Forgets everything.
    void reset(Ps now);

    const Mismatch* mismatch() const {
        return sign_bit_.mismatch() != nullptr ? sign_bit_.mismatch() : lfsr_.mismatch();
    }
    void record(TwinWave* wave);

private:
    void clock_sign_bit(unsigned level, int number);
    void clock_lfsr(unsigned level, int number);

    PinClock& pins_;
    PinPort<SignBitPins> sign_bit_;
    PinPort<LfsrPins> lfsr_;
    ConversionSource source_;
    WideWord stream_{};
};

} // namespace veilram
