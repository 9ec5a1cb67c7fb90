#include "hw/converter/clocked_converter.hpp"

namespace veilram {

void ClockedConverter::clock(unsigned level, int number, Ps now) {
    pins_.align(now);
    if (is_lfsr())
        lfsr_.clock(source_, level, number, stream_);
    else
        sign_bit_.clock(source_, level, number, stream_);
}

void ClockedConverter::reset(Ps now) {
    pins_.align(now);
    sign_bit_.port.reset();
    lfsr_.port.reset(true);
    source_ = {};
    stream_.fill(0);
}

void ClockedConverter::record(TwinWave* wave) {
    sign_bit_.port.record(wave);
    lfsr_.port.record(wave);
}

} // namespace veilram
