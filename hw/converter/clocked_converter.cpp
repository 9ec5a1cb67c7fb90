#include "hw/converter/clocked_converter.hpp"

namespace veilram {

ClockedConverter::ClockedConverter(Implementation kind, PinClock& pins, const std::string& name)
    : pins_(pins), sign_bit_(PinPort<SignBitPins>::make<SignBitCycle>(kind, pins, name + ".sign_bit")),
      lfsr_(PinPort<LfsrPins>::make<LfsrCycle>(kind, pins, name + ".lfsr")) {}

void ClockedConverter::clock(unsigned level, int number, Ps now) {
    pins_.align(now);
    if (source_.kind == ConverterKind::lfsr)
        clock_lfsr(level, number);
    else
        clock_sign_bit(level, number);
}

void ClockedConverter::clock_sign_bit(unsigned level, int number) {
    SignBitPins::In& in = sign_bit_.in;
    in = {};
    if (number == 0) in = {0, 1, source_.row, source_.start[level], level, 0};
    if (number == clocks() - 1) {
        in.stream_ready = 1;
        stream_ = sign_bit_.out().stream_valid != 0 ? sign_bit_.out().stream : WideWord{};
    }
    sign_bit_.clock();
}

void ClockedConverter::clock_lfsr(unsigned level, int number) {
    LfsrPins::In& in = lfsr_.in;
    in = {};
    if (number == 0) {
        in = {0, 1, level, source_.lfsr_seed, 0};
        stream_.fill(0);
    } else {
        in.bit_ready = 1;
        set_bit(stream_.data(), static_cast<std::size_t>(number - 1), lfsr_.out().bit != 0);
    }
    lfsr_.clock();
}

void ClockedConverter::reset(Ps now) {
    pins_.align(now);
    sign_bit_.in = {};
    lfsr_.in = {};
    sign_bit_.reset();
    lfsr_.reset(true);
    source_ = {};
    stream_.fill(0);
}

void ClockedConverter::record(TwinWave* wave) {
    sign_bit_.record(wave);
    lfsr_.record(wave);
}

} // namespace veilram
