// The pins of the sign-bit converter, and its model clock by clock (docs/cosim.md).
#pragma once

#include "hw/cycle/pins.hpp"

namespace veilram {

struct SignBitPins {
    struct In {
        Word zeroise;       ///< forgets everything; what else arrives at the same edge is lost
        Word request_valid; ///< a conversion is asked for
        WideWord source;    ///< a row of the sign crossbar
        Word start;         ///< where injection begins
        Word level;         ///< ones that the stream is to have
        Word stream_ready;  ///< the stream is taken
    };
    struct Out {
        Word request_ready;
        Word stream_valid;
        WideWord stream;
    };
    static const PinTable& table();
};

/// One conversion at a time, its stream two clocks after the one in which it was taken. Nothing of it stays.
class SignBitCycle final : public BlockModel<SignBitPins> {
public:
    SignBitCycle() { reset(); }
    using BlockModel::clock;
    void reset() override;
    void clock(const In& in) override;

private:
    enum class State { idle, count, inject, offer };

    State state_ = State::idle;
    WideWord source_{};
    Word start_ = 0, level_ = 0;
};

} // namespace veilram
