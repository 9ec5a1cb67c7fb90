#include "hw/res/res_core.hpp"

#include <algorithm>

namespace veilram {

const std::vector<std::string>& res_state_names() {
    static const std::vector<std::string> names{"OFF",     "BOOT",    "LOCKED",   "UNLOCKING",
                                                "COMPUTE", "LOCKING", "SHUTDOWN", "FAULT"};
    return names;
}

std::string to_string(ResState state) { return res_state_names()[static_cast<std::size_t>(state)]; }

std::string to_string(ResFault fault) {
    switch (fault) {
    case ResFault::none:
        return "none";
    case ResFault::blob_refused:
        return "a sealed blob was refused: a bit of blob, header or program changed, or the root key is another one";
    case ResFault::version_replayed:
        return "the image is older than the device's monotonic counter allows";
    case ResFault::memory:
        return "the memory did not answer or holds no image";
    case ResFault::key_store_full:
        return "the secrets of a layer do not fit the key SRAM";
    case ResFault::illegal_command:
        return "a command came in a state that does not allow it";
    }
    return "none";
}

ResState ResCore::state() const {
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

LayerState ResCore::layer_state(int layer) const {
    return has_layer(layer) ? layers_[index(layer)] : LayerState::locked;
}

bool ResCore::any(LayerState state) const { return std::find(layers_.begin(), layers_.end(), state) != layers_.end(); }

bool ResCore::move(bool legal, Phase next) {
    if (!legal)
        fail(ResFault::illegal_command);
    else
        phase_ = next;
    return legal;
}

bool ResCore::move_layer(bool legal, int layer, LayerState next) {
    if (!move(legal && phase_ == Phase::running, Phase::running)) return false;
    layers_[index(layer)] = next;
    return true;
}

void ResCore::power_off() {
    phase_ = Phase::off;
    fault_ = ResFault::none;
    layers_.clear();
    open_.clear();
    opened_ = 0;
}

void ResCore::fail(ResFault fault) {
    if (phase_ == Phase::fault) return; // the first cause counts
    phase_ = Phase::fault;
    fault_ = fault;
    layers_.assign(layers_.size(), LayerState::locked);
    open_.clear();
}

bool ResCore::begin_boot(int layers) {
    if (!move(phase_ == Phase::off && layers > 0, Phase::boot)) return false;
    layers_.assign(index(layers), LayerState::locked);
    opened_ = 0;
    return true;
}

bool ResCore::blob_opened(int layer) {
    if (!move(phase_ == Phase::boot && layer == opened_ && has_layer(layer), Phase::boot)) return false;
    ++opened_;
    return true;
}

bool ResCore::end_boot() {
    return move(phase_ == Phase::boot && opened_ == static_cast<int>(layers_.size()), Phase::running);
}

bool ResCore::begin_unlock(int layer) {
    const bool room = open_.size() < open_layers(policy_, layers_.size());
    if (!move_layer(is(layer, LayerState::locked) && room, layer, LayerState::unlocking)) return false;
    open_.push_back(layer);
    return true;
}

bool ResCore::end_unlock(int layer) { return move_layer(is(layer, LayerState::unlocking), layer, LayerState::clear); }

bool ResCore::begin_lock(int layer) { return move_layer(is(layer, LayerState::clear), layer, LayerState::locking); }

bool ResCore::end_lock(int layer) {
    if (!move_layer(is(layer, LayerState::locking), layer, LayerState::locked)) return false;
    open_.erase(std::find(open_.begin(), open_.end(), layer));
    return true;
}

bool ResCore::begin_shutdown() {
    const bool between = any(LayerState::unlocking) || any(LayerState::locking) || phase_ == Phase::shutdown;
    return move(!between, Phase::shutdown);
}

void ResCore::begin_emergency() {
    phase_ = Phase::emergency;
    layers_.assign(layers_.size(), LayerState::locked);
    open_.clear();
}

bool ResCore::end_shutdown() {
    if (!move(phase_ == Phase::shutdown, Phase::shutdown)) return false;
    power_off();
    return true;
}

} // namespace veilram
