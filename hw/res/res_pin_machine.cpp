#include "hw/res/res_pin_machine.hpp"

#include <algorithm>

namespace veilram {

ResPinMachine::ResPinMachine(Implementation kind, ResPolicy policy, PinClock* clock, const std::string& name)
    : policy_(policy), port_(PinPort<ResPins>::make<ResCycle>(kind, clock, name)) {}

LayerState ResPinMachine::layer_state(int layer) const {
    if (layer < 0 || layer >= static_cast<int>(ResPins::kLayers)) return LayerState::locked;
    return ResPins::state_of(port_.out().layer_states, static_cast<std::size_t>(layer));
}

/// A machine that does not answer has refused.
bool ResPinMachine::command(ResCommand command, int layer) {
    ResPins::In& in = port_.in;
    if (!port_.clock_until(&ResPins::Out::command_ready)) return false;
    in.command_valid = 1;
    in.command = static_cast<Word>(command);
    in.layer = layer < 0 || layer >= static_cast<int>(ResPins::kLayers) ? ResPins::kLayers : static_cast<Word>(layer);
    port_.clock();
    in.command_valid = 0;
    const bool legal = port_.clock_until(&ResPins::Out::answer_valid) && port_.out().legal != 0;
    in.answer_ready = 1;
    port_.clock();
    in.answer_ready = 0;
    note_open();
    return legal;
}

void ResPinMachine::note_open() {
    const auto locked = [this](int layer) { return layer_state(layer) == LayerState::locked; };
    open_.erase(std::remove_if(open_.begin(), open_.end(), locked), open_.end());
}

/// The rail is gone: no command, reset.
void ResPinMachine::power_off() {
    port_.reset();
    open_.clear();
    emergency_ = false;
}

bool ResPinMachine::begin_boot(int layers) {
    port_.in.layers = layers < 0 ? 0 : std::min(static_cast<Word>(layers), Word{255});
    port_.in.open_limit = std::min<Word>(open_layers(policy_, static_cast<std::size_t>(std::max(layers, 0))), 255);
    return command(ResCommand::begin_boot);
}

bool ResPinMachine::begin_unlock(int layer) {
    if (!command(ResCommand::begin_unlock, layer)) return false;
    open_.push_back(layer);
    return true;
}

void ResPinMachine::begin_emergency() {
    port_.in.emergency = 1;
    port_.clock();
    emergency_ = true;
    note_open();
}

void ResPinMachine::fail(ResFault fault) {
    port_.in.cause = static_cast<Word>(fault);
    command(ResCommand::fail);
}

} // namespace veilram
