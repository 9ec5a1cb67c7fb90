// The pins of the LFSR converter, and its model clock by clock (docs/cosim.md).
#pragma once

#include "hw/cycle/pins.hpp"

#include <cstdint>

namespace veilram {

struct LfsrPins {
    static constexpr unsigned kBits = 256; ///< of a stream

    struct In {
        Word zeroise;       ///< forgets everything; what else arrives at the same edge is lost
        Word request_valid; ///< a conversion is asked for
        Word level;         ///< ones that the stream is to have
        Word seed;          ///< first state; public
        Word bit_ready;     ///< the bit is taken
    };
    struct Out {
        Word request_ready;
        Word bit_valid;
        Word bit;
        Word last; ///< the stream's 256th
    };
    static const PinTable& table();
};

/// One conversion at a time, a bit in every clock in which one is taken. Nothing of it stays.
class LfsrCycle final : public BlockModel<LfsrPins> {
public:
    LfsrCycle() { reset(); }
    using BlockModel::clock;
    void reset() override;
    void clock(const In& in) override;

private:
    void publish();

    bool busy_ = false;
    std::uint8_t state_ = 0;
    Word level_ = 0;
    unsigned position_ = 0; ///< of the bit that is offered
};

} // namespace veilram
