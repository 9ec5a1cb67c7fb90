#include "hw/converter/sign_bit_pins.hpp"

#include "models/sc/streams.hpp"

namespace veilram {

const PinTable& SignBitPins::table() {
    static const PinTable kTable{"sign_bit_converter",
                                 {{"zeroise_i", 1, 0},
                                  {"request_valid_i", 1, 1},
                                  {"source_i", 256, 2, true},
                                  {"start_i", 8, 6, true},
                                  {"level_i", 8, 7},
                                  {"stream_ready_i", 1, 8}},
                                 {{"request_ready_o", 1, 0}, {"stream_valid_o", 1, 1}, {"stream_o", 256, 2, true}},
                                 {{1, 0, {2, 3, 4}}},
                                 {{1, 5, {2}}},
                                 {0}};
    return kTable;
}

void SignBitCycle::reset() {
    state_ = State::idle;
    source_.fill(0);
    start_ = level_ = 0;
    out_ = {1, 0, {}};
}

void SignBitCycle::clock(const In& in) {
    if (in.zeroise != 0) return reset();
    switch (state_) {
    case State::idle:
        if (in.request_valid == 0) return;
        source_ = in.source;
        start_ = in.start;
        level_ = in.level;
        state_ = State::count;
        out_.request_ready = 0;
        return;
    case State::count:
        state_ = State::inject;
        return;
    case State::inject:
        sign_bit_stream_literal(source_.data(), 256, static_cast<unsigned>(level_), static_cast<unsigned>(start_),
                                out_.stream.data());
        out_.stream_valid = 1;
        state_ = State::offer;
        return;
    case State::offer:
        if (in.stream_ready != 0) reset();
        return;
    }
}

} // namespace veilram
