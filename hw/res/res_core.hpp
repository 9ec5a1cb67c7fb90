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

struct Mismatch;
class TwinWave;

/// Which steps are legal in which state. Each step returns false, and leaves the machine in FAULT, when it is not.
class ResMachine {
public:
    virtual ~ResMachine() = default;

    /// Of the chip: COMPUTE when some layer is in clear; else UNLOCKING or LOCKING when one is on its way.
    virtual ResState state() const = 0;
    virtual ResFault fault() const = 0;
    virtual LayerState layer_state(int layer) const = 0;
    /// Layers that are not locked, in the order in which they were unlocked.
    virtual const std::vector<int>& open() const = 0;
    virtual bool in_emergency() const = 0;
    /// The layer that has been in clear, or on its way, for longest; -1 when none.
    int layer() const { return open().empty() ? -1 : open().front(); }

    virtual void power_off() = 0;
    virtual bool begin_boot(int layers) = 0;
    /// The next layer's blob was opened; they come in order.
    virtual bool blob_opened(int layer) = 0;
    virtual bool end_boot() = 0;
    virtual bool begin_unlock(int layer) = 0;
    virtual bool end_unlock(int layer) = 0;
    virtual bool begin_lock(int layer) = 0;
    virtual bool end_lock(int layer) = 0;
    /// From every state that lasts, OFF before the boot and FAULT included.
    virtual bool begin_shutdown() = 0;
    virtual bool end_shutdown() = 0;
    /// The outside power is gone: from every state into SHUTDOWN, which only the end of the rail ends.
    virtual void begin_emergency() = 0;
    virtual void fail(ResFault fault) = 0;

    /// Edges so far; 0 where there are no pins.
    virtual std::int64_t clocks() const { return 0; }
    /// Where a twin differs from its model; null while none does.
    virtual const Mismatch* mismatch() const { return nullptr; }
    virtual void record(TwinWave*) {}
};

/// The machine by definition.
class ResCore final : public ResMachine {
public:
    explicit ResCore(ResPolicy policy = ResPolicy::per_layer) : policy_(policy) {}

    ResState state() const override;
    ResFault fault() const override { return fault_; }
    LayerState layer_state(int layer) const override;
    const std::vector<int>& open() const override { return open_; }
    bool in_emergency() const override { return phase_ == Phase::emergency; }

    void power_off() override;
    bool begin_boot(int layers) override;
    bool blob_opened(int layer) override;
    bool end_boot() override;
    bool begin_unlock(int layer) override;
    bool end_unlock(int layer) override;
    bool begin_lock(int layer) override;
    bool end_lock(int layer) override;
    bool begin_shutdown() override;
    bool end_shutdown() override;
    void begin_emergency() override;
    void fail(ResFault fault) override;

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
