// The converter of one crossbar whose data path is there clock by clock.
#pragma once

#include "hw/converter/sign_bit_pins.hpp"
#include "hw/cycle/pin_port.hpp"
#include "models/sc/streams.hpp"

#include <string>

namespace veilram {

/// From what the streams of a burst are made.
struct ConversionSource {
    ConverterKind kind = ConverterKind::sign_bit;
    WideWord row{};           ///< of the sign crossbar; secret where signs are masked
    StartTable start{};       ///< secret
    std::uint8_t lfsr_seed = 1;
};

/// Drives a converter's pins for one conversion after another.
class ClockedConverter {
public:
    /// Throws UserError for rtl without Verilator. `clock` must outlive it.
    ClockedConverter(Implementation kind, PinClock& clock, const std::string& name);

    void begin(const ConversionSource& source) { source_ = source; }
    /// Clocks from the one in which a level is taken to the one after which its stream is there.
    int clocks() const;
    /// Clock `number`, from 0, of the conversion of `level`, at `now`.
    void clock(unsigned level, int number, Ps now);
    /// After the last one. The converter keeps nothing.
    WideWord take();
    /// Forgets everything.
    void reset();

    const Mismatch* mismatch() const { return sign_bit_.mismatch(); }
    void record(TwinWave& wave) { sign_bit_.record(wave); }

private:
    PinClock& pins_;
    PinPort<SignBitPins> sign_bit_;
    ConversionSource source_;
    WideWord stream_{};
};

} // namespace veilram
