// The pins of the GSL selector of one crossbar, and its model clock by clock (docs/cosim.md).
#pragma once

#include "hw/cycle/pins.hpp"

#include <array>

namespace veilram {

struct GslPins {
    static constexpr unsigned kSegments = 64;
    static constexpr unsigned kVectors = 32; ///< registers

    struct In {
        Word zeroise;      ///< clears every register; what else arrives at the same edge is lost
        Word vectors;      ///< n: how many registers count
        Word load_valid;   ///< a vector comes in
        Word load_index;   ///< its register
        Word load_vector;  ///< its bits
        Word select_valid; ///< a slot is asked for
        Word select_slot;  ///< 0..2n-1: slot i connects vector i, slot n+i its complement
        Word lines_ready;  ///< the lines are taken note of
    };
    struct Out {
        Word load_ready;
        Word select_ready;
        Word lines_valid;   ///< the lines of the slot are driven, or refused
        Word lines_refused; ///< no such slot, or not all vectors are there: no line is driven
        Word even;          ///< connects the segments of even rows
        Word odd;           ///< connects those of odd rows; never both of a column
        Word loaded;        ///< registers that hold a vector
    };
    static const PinTable& table();
};

/// Lines are switched off for a clock before others are switched on. They stay on after they were taken note of.
class GslCycle final : public BlockModel<GslPins> {
public:
    GslCycle() { reset(); }
    using BlockModel::clock;
    void reset() override;
    void clock(const In& in) override;

private:
    enum class State { idle, off, offer };

    void take(const In& in);
    void drive(Word n);
    void publish();

    std::array<Word, GslPins::kVectors> vectors_{};
    Word held_ = 0; ///< a bit for each register that holds a vector
    State state_ = State::idle;
    Word slot_ = 0;
    bool driven_ = false, refused_ = false;
    Word even_ = 0, odd_ = 0;
};

} // namespace veilram
