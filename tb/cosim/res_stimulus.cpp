#include "hw/res/res_pins.hpp"
#include "models/base/diagnostics.hpp"
#include "tb/cosim/stimuli.hpp"

#include <optional>

namespace veilram {
namespace {

using In = ResPins::In;
using Out = ResPins::Out;

constexpr Word number(ResCommand command) { return static_cast<Word>(command); }

LayerState state_of(const Out& out, Word layer) { return ResPins::state_of(out.layer_states, layer); }

/// The first layer after a random one that is not locked.
std::optional<Word> open_layer(Rng& rng, const Out& out) {
    const Word first = rng() % out.layers;
    for (Word k = 0; k < out.layers; ++k) {
        const Word layer = (first + k) % out.layers;
        if (state_of(out, layer) != LayerState::locked) return layer;
    }
    return {};
}

ResCommand step_of(LayerState state) {
    switch (state) {
    case LayerState::locked:
        return ResCommand::begin_unlock;
    case LayerState::unlocking:
        return ResCommand::end_unlock;
    case LayerState::clear:
        return ResCommand::begin_lock;
    case LayerState::locking:
        break;
    }
    return ResCommand::end_lock;
}

/// Unlocks a layer where there is room, and now and then where there is none, or moves an open one on.
void lead_on_in_operation(Rng& rng, const Out& out, In& in) {
    const auto open = open_layer(rng, out);
    const bool room = out.open < out.layers && (out.open < in.open_limit || rng() % 8 == 0);
    const unsigned eager = in.open_limit >= ResPins::kLayers ? 16 : 2; // or few layers would ever be open at once
    if (rng() % 64 == 0 || (!open && !room))
        in.command = number(ResCommand::begin_shutdown);
    else if (room && (!open || rng() % eager != 0)) {
        do in.layer = rng() % 4 == 0 ? out.layers - 1 : rng() % out.layers;
        while (state_of(out, in.layer) != LayerState::locked);
        in.command = number(ResCommand::begin_unlock);
    } else {
        in.layer = *open;
        in.command = number(step_of(state_of(out, *open)));
    }
}

void lead_on(Rng& rng, const Out& out, In& in) {
    switch (static_cast<ResState>(out.state)) {
    case ResState::off:
        in.command = number(rng() % 8 == 0 ? ResCommand::begin_shutdown : ResCommand::begin_boot);
        in.layers = rng() % 4 != 0 ? 1 + rng() % 4 : rng() % 2 == 0 ? 1 + rng() % ResPins::kLayers : ResPins::kLayers;
        return;
    case ResState::boot:
        in.command = number(out.blobs < out.layers ? ResCommand::blob_opened : ResCommand::end_boot);
        if (out.layers < 8 && rng() % 16 == 0) in.command = number(ResCommand::end_boot); // too early
        in.layer = out.blobs;
        return;
    case ResState::shutdown:
        in.command = number(rng() % 2 == 0 ? ResCommand::begin_shutdown : ResCommand::end_shutdown);
        return;
    case ResState::fault:
        in.command = number(rng() % 4 == 0   ? ResCommand::fail // again, for another cause
                            : rng() % 2 == 0 ? ResCommand::begin_shutdown
                                             : ResCommand::power_off);
        return;
    default:
        lead_on_in_operation(rng, out, in);
    }
}

/// A long boot comes to its end only if nearly everything in it is legal.
bool goes_astray(Rng& rng, const Out& out) { return rng() % (out.layers > 8 ? 256 : 16) == 0; }

} // namespace

Stimulus res_stimulus() {
    Stimulus stimulus;
    stimulus.settings = [](Rng& rng, Word* words) {
        In in;
        std::memcpy(&in, words, sizeof in);
        if (in.open_limit < ResPins::kLayers || rng() % 4 == 0)
            in.open_limit = rng() % 4 == 0 ? rng() % 256 : 1 + rng() % 3;
        std::memcpy(words, &in, sizeof in);
    };
    stimulus.shape = [](Rng& rng, std::size_t, const Word* outputs, Word* words) {
        In in;
        Out out;
        std::memcpy(&in, words, sizeof in);
        std::memcpy(&out, outputs, sizeof out);
        in.cause %= static_cast<Word>(ResFault::illegal_command) + 1;
        if (goes_astray(rng, out)) {
            if (rng() % 2 == 0) in.layer = rng() % 4;
            if (rng() % 4 == 0) in.layers = 0;
        } else {
            lead_on(rng, out, in);
        }
        std::memcpy(words, &in, sizeof in);
    };
    return stimulus;
}

} // namespace veilram
