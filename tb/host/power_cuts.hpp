// Pulls the plug at every event of a chip's life and looks at what is left.
#pragma once

#include <systemc>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace veilram {

struct CutCounts {
    std::int64_t cuts = 0;
    std::int64_t leaks = 0;   ///< dumps that showed more than the policy allows
    std::int64_t losses = 0;  ///< cuts after which the chip did not boot, computed wrongly or was not locked again
    std::int64_t exposed = 0; ///< dumps with cells in clear, as the policy allows or not
    std::size_t most = 0;     ///< layers in clear in one dump

    CutCounts& operator+=(const CutCounts& other);
};

/// Parts of a life: from the command to its end.
/// `recovery`: the boot after a cut in the middle of an inference.
enum class CutPhase : std::uint8_t { boot, recovery, infer, power_off };
std::string to_string(CutPhase phase);

/// What a dump of a chip without power shows beside what is there at rest.
struct CutDump {
    std::size_t layers_in_clear = 0;
    bool more = false; ///< cells differ that no layer's secrets name
};

/// A chip whose plug is pulled, with what its owner knows. For the owner's thread only.
class CutChip {
public:
    virtual ~CutChip() = default;
    /// Until the rail is stable.
    virtual void power_on() = 0;
    virtual bool boot() = 0;
    virtual void load_input() = 0;
    /// Gives the command of `phase` and does not wait.
    virtual void start(CutPhase phase) = 0;
    /// Whether it is over.
    virtual bool done() = 0;
    /// Waits until what the chip has stored is used up.
    virtual void pull_plug() = 0;
    virtual CutDump dump() = 0;
    /// Whether an inference gives the logits that it must.
    virtual bool infer() = 0;
    /// Whether it was in order.
    virtual bool power_off() = 0;
    /// Whether the journal says that no layer is in clear.
    virtual bool journal_closed() = 0;
};

/// The chip is off before and after each call.
class PowerCuts {
public:
    /// `chip` must outlive it. `open_layers`: that the policy allows to be in clear at a time.
    PowerCuts(CutChip& chip, std::size_t open_layers) : chip_(chip), open_layers_(open_layers) {}

    /// Moments, after the command that starts `phase`, at which something happens in the chip, and the middles between
    /// them. Lives one life.
    std::vector<sc_core::sc_time> moments(CutPhase phase);
    /// Lives two lives: one that ends `after` the command, and one that has to find everything in order.
    CutCounts cut(CutPhase phase, const sc_core::sc_time& after);
    /// All of them, or every `stride`th; `step` after each.
    CutCounts cut_everywhere(CutPhase phase, const std::function<void(std::size_t, std::size_t)>& step = {},
                             std::size_t stride = 1);

private:
    void live_until(CutPhase phase);
    void cut_middle();
    bool whole_life();

    CutChip& chip_;
    const std::size_t open_layers_;
    sc_core::sc_time middle_ = sc_core::SC_ZERO_TIME; ///< of an inference; 0: not known yet
};

} // namespace veilram
