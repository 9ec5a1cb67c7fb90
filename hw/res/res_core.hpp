// The runtime encryption scheduler's state machine (docs/model.md, section 10), without a kernel.
#pragma once

#include "models/arch/res_policy.hpp"

#include <cstddef>
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

/// Of one layer. `clear`: its secrets are in the registers and its signs are right.
enum class LayerState : std::uint8_t { locked, unlocking, clear, locking };

/// Which steps are legal in which state. Each step returns false, and leaves the machine in FAULT, when it is not.
class ResCore {
public:
    explicit ResCore(ResPolicy policy = ResPolicy::per_layer) : policy_(policy) {}

    /// Of the chip: COMPUTE when some layer is in clear; else UNLOCKING or LOCKING when one is on its way.
    ResState state() const;
    ResFault fault() const { return fault_; }
    LayerState layer_state(int layer) const;
    /// The layer that has been in clear, or on its way, for longest; -1 when none.
    int layer() const { return open_.empty() ? -1 : open_.front(); }
    /// Layers that are not locked, in the order in which they were unlocked.
    const std::vector<int>& open() const { return open_; }

    void power_off();
    bool begin_boot(int layers);
    /// The next layer's blob was opened; they come in order.
    bool blob_opened(int layer);
    bool end_boot();
    bool begin_unlock(int layer);
    bool end_unlock(int layer);
    bool begin_lock(int layer);
    bool end_lock(int layer);
    /// From every state that lasts, OFF before the boot and FAULT included.
    bool begin_shutdown();
    bool end_shutdown();
    /// The outside power is gone: from every state into SHUTDOWN, which only the end of the rail ends.
    void begin_emergency();
    bool in_emergency() const { return phase_ == Phase::emergency; }
    void fail(ResFault fault);

private:
    /// What does not follow from the layers.
    enum class Phase : std::uint8_t { off, boot, running, shutdown, emergency, fault };

    bool has_layer(int layer) const { return layer >= 0 && layer < static_cast<int>(layers_.size()); }
    bool is(int layer, LayerState state) const { return has_layer(layer) && layers_[index(layer)] == state; }
    bool any(LayerState state) const;
    bool move(bool legal, Phase next);
    bool move_layer(bool legal, int layer, LayerState next);
    static std::size_t index(int layer) { return static_cast<std::size_t>(layer); }

    const ResPolicy policy_;
    Phase phase_ = Phase::off;
    ResFault fault_ = ResFault::none;
    std::vector<LayerState> layers_;
    std::vector<int> open_;
    int opened_ = 0; ///< blobs
};

} // namespace veilram
