// The pins of the runtime encryption scheduler's state machine, and its model clock by clock (docs/cosim.md).
#pragma once

#include "hw/cycle/pins.hpp"
#include "hw/res/res_core.hpp"

#include <array>

namespace veilram {

/// Steps of ResCore, as numbers. Numbers beyond the last one are illegal commands.
enum class ResCommand : std::uint8_t {
    power_off,
    begin_boot,
    blob_opened,
    end_boot,
    begin_unlock,
    end_unlock,
    begin_lock,
    end_lock,
    begin_shutdown,
    end_shutdown,
    fail,
};
constexpr std::size_t kResCommands = 11;

struct ResPins {
    static constexpr unsigned kLayers = 128; ///< more are refused at boot

    struct In {
        Word emergency;     ///< outside power is failing: a command that arrives at the same edge is refused and does
                            ///< nothing
        Word open_limit;    ///< how many layers may be open at a time
        Word command_valid; ///< a command comes in
        Word command;       ///< a ResCommand
        Word layer;         ///< which one; kLayers and more: none that there is
        Word layers;        ///< of the image, for begin_boot
        Word cause;         ///< a ResFault, for fail
        Word answer_ready;  ///< the answer is taken note of
    };
    struct Out {
        Word command_ready;
        Word answer_valid;     ///< the command was done, or refused
        Word legal;            ///< it was legal
        Word state;            ///< a ResState
        Word fault;            ///< a ResFault
        Word layers;           ///< of the image; 0 when off
        Word blobs;            ///< that were opened in this boot
        Word open;             ///< layers that are not locked
        WideWord layer_states; ///< two bits a layer, a LayerState
    };
    static const PinTable& table();
    /// Of a layer, in `layer_states`.
    static LayerState state_of(const WideWord& states, std::size_t layer) {
        return static_cast<LayerState>(states[layer / 32] >> (layer % 32 * 2) & 3U);
    }
};

/// State changes with the edge at which a command is taken; its answer stays until it is taken note of, and the next
/// command waits for that.
class ResCycle final : public BlockModel<ResPins> {
public:
    ResCycle() { reset(); }
    using BlockModel::clock;
    void reset() override;
    void clock(const In& in) override;

private:
    enum class Phase { off, boot, running, shutdown, emergency, fault };

    bool take(const In& in);
    bool move(bool legal, Phase next);
    bool move_layer(const In& in, LayerState from, LayerState to);
    bool any(LayerState state) const;
    void lock_all();
    void power_off();
    void fail(Word cause);
    void begin_emergency();
    ResState state() const;
    void publish();

    Phase phase_ = Phase::off;
    Word fault_ = 0, layers_ = 0, blobs_ = 0, open_ = 0;
    std::array<LayerState, ResPins::kLayers> states_{};
    bool answers_ = false, legal_ = false;
};

} // namespace veilram
