#include "tb/host/power_cuts.hpp"

#include <algorithm>
#include <utility>

namespace veilram {

std::string to_string(CutPhase phase) {
    switch (phase) {
    case CutPhase::boot:
        return "boot";
    case CutPhase::recovery:
        return "recovery";
    case CutPhase::infer:
        return "inference";
    case CutPhase::power_off:
        return "power-off";
    }
    return "boot";
}

CutCounts& CutCounts::operator+=(const CutCounts& other) {
    cuts += other.cuts;
    leaks += other.leaks;
    losses += other.losses;
    exposed += other.exposed;
    most = std::max(most, other.most);
    return *this;
}

/// Everything that comes before the phase's command.
void PowerCuts::live_until(CutPhase phase) {
    if (phase == CutPhase::recovery) {
        cut_middle();
        phase = CutPhase::boot;
    }
    chip_.power_on();
    if (phase == CutPhase::boot) return;
    chip_.boot();
    if (phase == CutPhase::infer) chip_.load_input();
}

/// A life that ends in the middle of an inference, with whatever is in clear then.
void PowerCuts::cut_middle() {
    if (middle_ == sc_core::SC_ZERO_TIME) middle_ = moments(CutPhase::infer).back() / 2;
    live_until(CutPhase::infer);
    chip_.start(CutPhase::infer);
    sc_core::wait(middle_);
    chip_.pull_plug();
}

std::vector<sc_core::sc_time> PowerCuts::moments(CutPhase phase) {
    live_until(phase);
    chip_.start(phase);
    const auto begin = sc_core::sc_time_stamp();
    std::vector<sc_core::sc_time> moments{sc_core::SC_ZERO_TIME};
    while (!chip_.done() && sc_core::sc_pending_activity()) {
        const auto next = sc_core::sc_time_to_pending_activity(sc_core::sc_get_curr_simcontext());
        sc_core::wait(next);
        if (next == sc_core::SC_ZERO_TIME) continue;
        const auto moment = sc_core::sc_time_stamp() - begin;
        moments.push_back(moments.back() + (moment - moments.back()) / 2);
        moments.push_back(moment);
    }
    chip_.pull_plug();
    return moments;
}

/// Whether all is right from power-on to power-off, and the chip is at rest afterwards.
bool PowerCuts::whole_life() {
    chip_.power_on();
    bool right = chip_.boot();
    right = chip_.infer() && right;
    right = chip_.power_off() && right;
    const CutDump left = chip_.dump();
    return right && chip_.journal_closed() && left.layers_in_clear == 0 && !left.more;
}

CutCounts PowerCuts::cut(CutPhase phase, const sc_core::sc_time& after) {
    live_until(phase);
    chip_.start(phase);
    if (after != sc_core::SC_ZERO_TIME) sc_core::wait(after);
    chip_.pull_plug();
    const CutDump left = chip_.dump();
    CutCounts counts;
    counts.cuts = 1;
    counts.leaks = left.more || left.layers_in_clear > open_layers_ ? 1 : 0;
    counts.exposed = left.layers_in_clear > 0 ? 1 : 0;
    counts.most = left.layers_in_clear;
    counts.losses = whole_life() ? 0 : 1;
    return counts;
}

CutCounts PowerCuts::cut_everywhere(CutPhase phase, const std::function<void(std::size_t, std::size_t)>& step,
                                    std::size_t stride) {
    const auto all = moments(phase);
    CutCounts counts;
    for (std::size_t i = 0; i < all.size(); i += stride) {
        counts += cut(phase, all[i]);
        if (step) step(i / stride + 1, (all.size() + stride - 1) / stride);
    }
    return counts;
}

} // namespace veilram
