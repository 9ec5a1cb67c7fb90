// The converters of one crossbar whose data path is there clock by clock.
#pragma once

#include "hw/converter/pin_conversion.hpp"

#include <string>

namespace veilram {

/// Both kinds; the burst says which one works.
class ClockedConverter {
public:
    /// Throws UserError for rtl without Verilator. `pins` must outlive it.
    ClockedConverter(Implementation kind, PinClock& pins, const std::string& name)
        : pins_(pins), sign_bit_(kind, &pins, name + ".sign_bit"), lfsr_(kind, &pins, name + ".lfsr") {}

    void begin(const ConversionSource& source) { source_ = source; }
    /// Of one conversion: the level is taken in the first one, the stream handed over in the last one.
    int clocks() const { return is_lfsr() ? LfsrConversion::kClocks : SignBitConversion::kClocks; }
    /// Clock `number`, from 0, of the conversion of `level`, at `now`.
    void clock(unsigned level, int number, Ps now);
    /// After the last clock.
    const WideWord& stream() const { return stream_; }
    /// Forgets everything.
    void reset(Ps now);

    const Mismatch* mismatch() const {
        return lfsr_.port.mismatch() != nullptr ? lfsr_.port.mismatch() : sign_bit_.port.mismatch();
    }
    void record(TwinWave* wave);

private:
    bool is_lfsr() const { return source_.kind == ConverterKind::lfsr; }

    PinClock& pins_;
    SignBitConversion sign_bit_;
    LfsrConversion lfsr_;
    ConversionSource source_;
    WideWord stream_{};
};

} // namespace veilram
