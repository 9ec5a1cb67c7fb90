// The runtime encryption scheduler's state machine (docs/model.md, section 10), without a kernel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

enum class ResState : std::uint8_t { off, boot, locked, unlocking, compute, locking, shutdown, fault };
std::string to_string(ResState state);
/// Names in the order of the enumeration, for waveforms.
const std::vector<std::string>& res_state_names();

/// Why the scheduler stopped for good; reset by the next power cycle.
enum class ResFault : std::uint8_t { none, blob_refused, version_replayed, memory, key_store_full, illegal_command };
std::string to_string(ResFault fault);

/// When secrets are in clear. `per_layer` (the paper): in slice t only layer t.
enum class ResPolicy : std::uint8_t { per_layer };

/// Which steps are legal in which state. Each step returns false, and leaves the machine in FAULT, when it is not.
class ResCore {
public:
    ResState state() const { return state_; }
    ResFault fault() const { return fault_; }
    /// The layer in clear or on its way; -1 when none.
    int layer() const { return layer_; }

    void power_off();
    bool begin_boot(int layers);
    /// The next layer's blob was opened; they come in order.
    bool blob_opened(int layer);
    bool end_boot();
    bool begin_unlock(int layer);
    bool end_unlock();
    bool begin_lock(int layer);
    bool end_lock();
    /// From every state that lasts, OFF before the boot and FAULT included.
    bool begin_shutdown();
    bool end_shutdown();
    void fail(ResFault fault);

private:
    bool move(bool legal, ResState next);

    ResState state_ = ResState::off;
    ResFault fault_ = ResFault::none;
    int layer_ = -1;
    int layers_ = 0;
    int opened_ = 0;
};

} // namespace veilram
