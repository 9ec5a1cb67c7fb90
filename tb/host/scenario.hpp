// A chip's life step by step: power, boot, inference, cuts and tampering, as a configuration's `scenario` tells it.
#pragma once

#include "hw/power/remanence.hpp"
#include "hw/res/res_core.hpp"
#include "tb/host/at_rest.hpp"
#include "tb/host/host.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace veilram {

/// One step, as it is written; see kScenarioHelp.
struct ScenarioStep {
    enum class Kind : std::uint8_t {
        power_on,
        boot,
        infer,
        power_off,
        power_cut,
        wait,
        brown_out,
        tamper_memory,
        tamper_cell,
        tamper_sign,
        dump,
        recover
    };
    /// What is under way when the power goes or somebody tampers.
    enum class During : std::uint8_t { nothing, boot, infer, power_off };

    Kind kind = Kind::power_on;
    std::size_t image = 0;             ///< infer, also where it is under way
    During during = During::nothing;   ///< power_cut, brown_out, tamper
    Ps time;                           ///< wait; after the command, when there is no state
    std::optional<ResState> state;     ///< as soon as the scheduler is in it ...
    int layer = -1;                    ///< ... with this layer; -1: any
    Ps lasts;                          ///< brown_out
    std::uint64_t place = 0;           ///< tamper_memory: byte; tamper_cell, tamper_sign: crossbar
    std::uint32_t row = 0, column = 0; ///< tamper_cell, tamper_sign
};

/// The steps a text may name, for messages.
extern const char* const kScenarioHelp;
/// Nothing when the text is no step.
std::optional<ScenarioStep> parse_step(const std::string& text);

/// What a step came to.
struct ScenarioEvent {
    std::string step;
    Ps begin, end; ///< of simulated time
    std::string state;
    std::string outcome;
    bool right =
        true; ///< nothing was lost: logits are those of the functional model, cells are at rest where they must be
    std::optional<RestComparison> cells; ///< of steps that look at the cells
    RemanentBits remanent;               ///< and at what volatile memories still hold
};

struct ScenarioSubject {
    const Program& program;
    const std::vector<LayerSecrets>& secrets;
    /// Pixels of a test image, and the logits that it must get.
    std::function<std::vector<std::uint8_t>(std::size_t)> pixels;
    std::function<std::vector<float>(std::size_t)> logits;
    std::size_t memory_bytes = 0;
    /// What a thief who is quick finds in volatile memories.
    std::function<RemanentBits()> remanent;
};

/// Runs steps on a chip whose cells are at rest. For the host's body only.
class ScenarioPlayer {
public:
    ScenarioPlayer(Host& host, ScenarioSubject subject);
    /// Throws UserError for a step that names what is not there.
    ScenarioEvent play(const std::string& text);

private:
    void act(const ScenarioStep& step, ScenarioEvent& event);
    void boot(ScenarioEvent& event);
    void tell_boot(bool booted, ScenarioEvent& event);
    void tell_logits(const std::vector<float>& logits, std::size_t image, ScenarioEvent& event);
    void tell_power_off(bool orderly, ScenarioEvent& event);
    void cut(const ScenarioStep& step, ScenarioEvent& event);
    void brown_out(const ScenarioStep& step, ScenarioEvent& event);
    bool rode_through(const ScenarioStep& step);
    void tamper(const ScenarioStep& step, ScenarioEvent& event);
    void wait_for(const ScenarioStep& step, ScenarioEvent& event);
    void finish(const ScenarioStep& step, ScenarioEvent& event);
    void start(const ScenarioStep& step);
    bool reached(const ScenarioStep& step);
    void tamper_memory(const ScenarioStep& step);
    void tamper_cells(const ScenarioStep& step);
    bool is_flipped_at_rest(const ScenarioStep& step) const;
    void compare(ScenarioEvent& event);

    Host& host_;
    const ScenarioSubject subject_;
    NvmPart rest_; ///< cells at rest, tampering included
};

} // namespace veilram
