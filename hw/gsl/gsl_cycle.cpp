#include "hw/gsl/gsl_pins.hpp"

namespace veilram {

const PinTable& GslPins::table() {
    static const PinTable kTable{
        "gsl_selector",
        {{"zeroise_i", 1, 0},
         {"vectors_i", 6, 1},
         {"load_valid_i", 1, 2},
         {"load_index_i", 5, 3},
         {"load_vector_i", 64, 4, true},
         {"select_valid_i", 1, 5},
         {"select_slot_i", 6, 6},
         {"lines_ready_i", 1, 7}},
        {{"load_ready_o", 1, 0},
         {"select_ready_o", 1, 1},
         {"lines_valid_o", 1, 2},
         {"lines_refused_o", 1, 3},
         {"even_o", 64, 4, true},
         {"odd_o", 64, 5, true},
         {"loaded_o", 6, 6}},
        {{2, 0, {3, 4}}, {5, 1, {6}}},
        {{2, 7, {3, 4, 5}}},
        {0}};
    return kTable;
}

void GslCycle::reset() {
    vectors_.fill(0);
    held_ = slot_ = even_ = odd_ = 0;
    driven_ = refused_ = false;
    state_ = State::idle;
    publish();
}

void GslCycle::clock(const In& in) {
    if (in.zeroise != 0) return reset();
    if (state_ == State::idle)
        take(in);
    else if (state_ == State::off)
        drive(in.vectors);
    else if (in.lines_ready != 0)
        state_ = State::idle;
    publish();
}

/// A vector, or a slot, or both.
void GslCycle::take(const In& in) {
    const bool loads = in.load_valid != 0;
    const bool stays = driven_ && !loads && in.select_slot == slot_;
    if (loads) {
        vectors_[in.load_index] = in.load_vector;
        held_ |= Word{1} << in.load_index;
    }
    if (loads || (in.select_valid != 0 && !stays)) { // lines of a vector that may be another one now, or of another slot
        driven_ = false;
        even_ = odd_ = 0;
    }
    if (in.select_valid == 0) return;
    slot_ = in.select_slot;
    refused_ = false;
    state_ = stays ? State::offer : State::off;
}

void GslCycle::drive(Word n) {
    const Word wanted = (Word{1} << n) - 1;
    state_ = State::offer;
    refused_ = n == 0 || n > GslPins::kVectors || slot_ >= 2 * n || (held_ & wanted) != wanted;
    if (refused_) return;
    const Word vector = slot_ < n ? vectors_[slot_] : ~vectors_[slot_ - n];
    driven_ = true;
    even_ = vector;
    odd_ = ~vector;
}

void GslCycle::publish() {
    const bool idle = state_ == State::idle, offers = state_ == State::offer;
    out_ = {idle, idle, offers, offers && refused_, even_, odd_, popcount(held_)};
}

} // namespace veilram
