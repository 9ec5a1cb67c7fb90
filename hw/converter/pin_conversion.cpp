#include "hw/converter/pin_conversion.hpp"

namespace veilram {

void SignBitConversion::clock(const ConversionSource& source, unsigned level, int number, WideWord& stream) {
    port.in = {};
    if (number == 0) port.in = {0, 1, source.row, source.start[level], level, 0};
    if (number == kClocks - 1) {
        port.in.stream_ready = 1;
        stream = port.out().stream;
    }
    port.clock();
}

void LfsrConversion::clock(const ConversionSource& source, unsigned level, int number, WideWord& stream) {
    port.in = {};
    if (number == 0) {
        port.in = {0, 1, level, source.lfsr_seed, 0};
    } else {
        port.in.bit_ready = 1;
        set_bit(stream.data(), static_cast<std::size_t>(number - 1), port.out().bit != 0);
    }
    port.clock();
}

} // namespace veilram
