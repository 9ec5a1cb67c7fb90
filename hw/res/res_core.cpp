#include "hw/res/res_core.hpp"

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

bool ResCore::move(bool legal, ResState next) {
    if (!legal)
        fail(ResFault::illegal_command);
    else
        state_ = next;
    return legal;
}

void ResCore::power_off() { *this = ResCore(); }

void ResCore::fail(ResFault fault) {
    if (state_ == ResState::fault) return; // the first cause counts
    state_ = ResState::fault;
    fault_ = fault;
    layer_ = -1;
}

bool ResCore::begin_boot(int layers) {
    if (!move(state_ == ResState::off && layers > 0, ResState::boot)) return false;
    layers_ = layers;
    opened_ = 0;
    return true;
}

bool ResCore::blob_opened(int layer) {
    if (!move(state_ == ResState::boot && layer == opened_ && opened_ < layers_, ResState::boot)) return false;
    ++opened_;
    return true;
}

bool ResCore::end_boot() { return move(state_ == ResState::boot && opened_ == layers_, ResState::locked); }

bool ResCore::begin_unlock(int layer) {
    if (!move(state_ == ResState::locked && layer >= 0 && layer < layers_, ResState::unlocking)) return false;
    layer_ = layer;
    return true;
}

bool ResCore::end_unlock() { return move(state_ == ResState::unlocking, ResState::compute); }

bool ResCore::begin_lock(int layer) { return move(state_ == ResState::compute && layer == layer_, ResState::locking); }

bool ResCore::end_lock() {
    if (!move(state_ == ResState::locking, ResState::locked)) return false;
    layer_ = -1;
    return true;
}

bool ResCore::begin_shutdown() {
    const bool between = state_ == ResState::unlocking || state_ == ResState::locking || state_ == ResState::shutdown;
    return move(!between, ResState::shutdown);
}

bool ResCore::end_shutdown() {
    if (!move(state_ == ResState::shutdown, ResState::off)) return false;
    *this = ResCore();
    return true;
}

} // namespace veilram
