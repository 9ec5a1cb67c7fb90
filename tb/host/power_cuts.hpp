// Pulls the plug at every event of a chip's life and looks at what is left.
#pragma once

#include "models/image/image.hpp"
#include "models/image/program.hpp"
#include "models/protect/secrets.hpp"
#include "tb/host/at_rest.hpp"
#include "tb/host/host.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace veilram {

/// What is cut, and what is right.
struct CutSubject {
    const Program& program;
    const NvmPart& locked;                    ///< cells at rest
    const std::vector<LayerSecrets>& secrets; ///< tell which layer a sign cell belongs to
    std::size_t open_layers = 1;              ///< that the policy allows to be in clear at a time
    std::vector<std::uint8_t> pixels;         ///< of one image
    std::vector<float> logits;                ///< that it must get
};

struct CutCounts {
    std::int64_t cuts = 0;
    std::int64_t leaks = 0;   ///< dumps that showed more than the policy allows
    std::int64_t losses = 0;  ///< cuts after which the chip did not boot, computed wrongly or was not locked again
    std::int64_t exposed = 0; ///< dumps with signs in clear, as the policy allows
    std::size_t most = 0;     ///< layers in clear in one dump

    CutCounts& operator+=(const CutCounts& other);
};

/// Parts of a life: from the command to its interrupt.
/// `recovery`: the boot after a cut in the middle of an inference.
enum class CutPhase : std::uint8_t { boot, recovery, infer, power_off };
std::string to_string(CutPhase phase);

/// For the host's body only. The chip is off before and after each call.
class PowerCuts {
public:
    /// Keeps references to what `subject` refers to.
    PowerCuts(Host& host, CutSubject subject);

    /// Moments, after the command that starts `phase`, at which something happens in the chip, and the middles between
    /// them. Lives one life.
    std::vector<sc_core::sc_time> moments(CutPhase phase);
    /// Lives two lives: one that ends `after` the command, and one that has to find everything in order.
    CutCounts cut(CutPhase phase, const sc_core::sc_time& after);
    /// All of them; `step` after each.
    CutCounts cut_everywhere(CutPhase phase, const std::function<void(std::size_t, std::size_t)>& step = {});

private:
    void live_until(CutPhase phase);
    void cut_middle();
    void start(CutPhase phase);
    bool whole_life();
    RestComparison compare();

    Host& host_;
    const CutSubject subject_;
    sc_core::sc_time middle_ = sc_core::SC_ZERO_TIME; ///< of an inference; 0: not known yet
};

} // namespace veilram
