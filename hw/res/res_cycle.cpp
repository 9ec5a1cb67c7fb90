#include "hw/res/res_pins.hpp"

#include <algorithm>

namespace veilram {

const PinTable& ResPins::table() {
    static const PinTable kTable{"res_fsm",
                                 {{"emergency_i", 1, 0},
                                  {"open_limit_i", 8, 1},
                                  {"command_valid_i", 1, 2},
                                  {"command_i", 4, 3},
                                  {"layer_i", 8, 4},
                                  {"layers_i", 8, 5},
                                  {"cause_i", 3, 6},
                                  {"answer_ready_i", 1, 7}},
                                 {{"command_ready_o", 1, 0},
                                  {"answer_valid_o", 1, 1},
                                  {"legal_o", 1, 2},
                                  {"state_o", 3, 3},
                                  {"fault_o", 3, 4},
                                  {"layers_o", 8, 5},
                                  {"blobs_o", 8, 6},
                                  {"open_o", 8, 7},
                                  {"layer_states_o", 256, 8}},
                                 {{2, 0, {3, 4, 5, 6}}},
                                 {{1, 7, {2}}},
                                 {0}};
    return kTable;
}

void ResCycle::reset() {
    power_off();
    answers_ = legal_ = false;
    publish();
}

void ResCycle::clock(const In& in) {
    const bool takes = !answers_ && in.command_valid != 0;
    if (answers_ && in.answer_ready != 0) answers_ = false;
    if (in.emergency != 0) begin_emergency();
    if (takes) {
        legal_ = in.emergency == 0 && take(in);
        answers_ = true;
    }
    publish();
}

bool ResCycle::take(const In& in) {
    switch (static_cast<ResCommand>(in.command)) {
    case ResCommand::power_off:
        power_off();
        return true;
    case ResCommand::begin_boot:
        if (!move(phase_ == Phase::off && in.layers > 0 && in.layers <= ResPins::kLayers, Phase::boot)) return false;
        layers_ = in.layers;
        return true;
    case ResCommand::blob_opened:
        if (!move(phase_ == Phase::boot && in.layer == blobs_ && blobs_ < layers_, Phase::boot)) return false;
        ++blobs_;
        return true;
    case ResCommand::end_boot:
        return move(phase_ == Phase::boot && blobs_ == layers_, Phase::running);
    case ResCommand::begin_unlock:
        return move_layer(in, LayerState::locked, LayerState::unlocking);
    case ResCommand::end_unlock:
        return move_layer(in, LayerState::unlocking, LayerState::clear);
    case ResCommand::begin_lock:
        return move_layer(in, LayerState::clear, LayerState::locking);
    case ResCommand::end_lock:
        return move_layer(in, LayerState::locking, LayerState::locked);
    case ResCommand::begin_shutdown:
        return move(!any(LayerState::unlocking) && !any(LayerState::locking) && phase_ != Phase::shutdown,
                    Phase::shutdown);
    case ResCommand::end_shutdown:
        if (!move(phase_ == Phase::shutdown, Phase::off)) return false;
        power_off();
        return true;
    case ResCommand::fail:
        fail(in.cause);
        return true;
    }
    return move(false, phase_);
}

bool ResCycle::move(bool legal, Phase next) {
    if (!legal)
        fail(static_cast<Word>(ResFault::illegal_command));
    else
        phase_ = next;
    return legal;
}

bool ResCycle::move_layer(const In& in, LayerState from, LayerState to) {
    const bool room = from != LayerState::locked || open_ < in.open_limit;
    const bool legal = phase_ == Phase::running && in.layer < layers_ && states_[in.layer] == from && room;
    if (!move(legal, Phase::running)) return false;
    states_[in.layer] = to;
    if (from == LayerState::locked) ++open_;
    if (to == LayerState::locked) --open_;
    return true;
}

bool ResCycle::any(LayerState state) const { return std::find(states_.begin(), states_.end(), state) != states_.end(); }

void ResCycle::lock_all() {
    states_.fill(LayerState::locked);
    open_ = 0;
}

void ResCycle::power_off() {
    phase_ = Phase::off;
    fault_ = layers_ = blobs_ = 0;
    lock_all();
}

/// The first cause counts.
void ResCycle::fail(Word cause) {
    if (phase_ == Phase::fault) return;
    phase_ = Phase::fault;
    fault_ = cause;
    lock_all();
}

void ResCycle::begin_emergency() {
    phase_ = Phase::emergency;
    lock_all();
}

ResState ResCycle::state() const {
    switch (phase_) {
    case Phase::off:
        return ResState::off;
    case Phase::boot:
        return ResState::boot;
    case Phase::shutdown:
    case Phase::emergency:
        return ResState::shutdown;
    case Phase::fault:
        return ResState::fault;
    case Phase::running:
        break;
    }
    if (any(LayerState::clear)) return ResState::compute;
    if (any(LayerState::unlocking)) return ResState::unlocking;
    return any(LayerState::locking) ? ResState::locking : ResState::locked;
}

void ResCycle::publish() {
    out_ = {!answers_, answers_, answers_ && legal_, static_cast<Word>(state()), fault_, layers_, blobs_, open_, {}};
    for (std::size_t layer = 0; layer < states_.size(); ++layer)
        out_.layer_states[layer / 32] |= static_cast<Word>(states_[layer]) << (layer % 32 * 2);
}

} // namespace veilram
