#include "hw/converter/lfsr_pins.hpp"
#include "models/sc/streams.hpp"

namespace veilram {

const PinTable& LfsrPins::table() {
    static const PinTable kTable{
        "lfsr_converter",
        {{"zeroise_i", 1, 0}, {"request_valid_i", 1, 1}, {"level_i", 8, 2}, {"seed_i", 8, 3}, {"bit_ready_i", 1, 4}},
        {{"request_ready_o", 1, 0}, {"bit_valid_o", 1, 1}, {"bit_o", 1, 2}, {"last_o", 1, 3}},
        {{1, 0, {2, 3}}},
        {{1, 4, {2, 3}}},
        {0}};
    return kTable;
}

void LfsrCycle::reset() {
    busy_ = false;
    state_ = 0;
    level_ = 0;
    position_ = 0;
    publish();
}

void LfsrCycle::clock(const In& in) {
    const bool last = position_ == LfsrPins::kBits - 1;
    if (in.zeroise != 0 || (busy_ && last && in.bit_ready != 0)) return reset();
    if (!busy_ && in.request_valid != 0) {
        busy_ = true;
        state_ = static_cast<std::uint8_t>(in.seed);
        level_ = in.level;
    } else if (busy_ && in.bit_ready != 0) {
        state_ = lfsr_next(state_);
        ++position_;
    }
    publish();
}

void LfsrCycle::publish() {
    out_ = {!busy_, busy_, busy_ && state_ < level_, busy_ && position_ == LfsrPins::kBits - 1};
}

} // namespace veilram
