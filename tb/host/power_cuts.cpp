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

PowerCuts::PowerCuts(Host& host, CutSubject subject) : host_(host), subject_(std::move(subject)) {}

/// Everything that comes before the phase's command.
void PowerCuts::live_until(CutPhase phase) {
    if (phase == CutPhase::recovery) {
        cut_middle();
        phase = CutPhase::boot;
    }
    host_.power_on();
    if (phase == CutPhase::boot) return;
    host_.boot();
    if (phase != CutPhase::infer) return;
    host_.load_input(subject_.pixels.data(), subject_.pixels.size());
}

/// A life that ends in the middle of an inference, with whatever is in clear then.
void PowerCuts::cut_middle() {
    if (middle_ == sc_core::SC_ZERO_TIME) middle_ = moments(CutPhase::infer).back() / 2;
    live_until(CutPhase::infer);
    start(CutPhase::infer);
    sc_core::wait(middle_);
    host_.pull_plug();
}

void PowerCuts::start(CutPhase phase) {
    constexpr std::uint32_t kCommands[] = {reg::kCtrlBoot, reg::kCtrlBoot, reg::kCtrlInfer, reg::kCtrlPowerOff};
    host_.command(kCommands[static_cast<std::size_t>(phase)]);
}

std::vector<sc_core::sc_time> PowerCuts::moments(CutPhase phase) {
    live_until(phase);
    start(phase);
    const auto begin = sc_core::sc_time_stamp();
    std::vector<sc_core::sc_time> moments{sc_core::SC_ZERO_TIME};
    while (!host_.irq_i.read() && sc_core::sc_pending_activity()) {
        const auto next = sc_core::sc_time_to_pending_activity(sc_core::sc_get_curr_simcontext());
        sc_core::wait(next);
        if (next == sc_core::SC_ZERO_TIME) continue;
        const auto moment = sc_core::sc_time_stamp() - begin;
        moments.push_back(moments.back() + (moment - moments.back()) / 2);
        moments.push_back(moment);
    }
    host_.pull_plug();
    return moments;
}

RestComparison PowerCuts::compare() {
    return compare_with_rest(host_.dump(subject_.program), subject_.locked, subject_.program, subject_.secrets);
}

/// Boots, infers and powers off, and finds the cells at rest afterwards.
bool PowerCuts::whole_life() {
    host_.power_on();
    bool right = host_.boot();
    right = host_.infer(subject_.pixels.data(), subject_.pixels.size()) == subject_.logits && right;
    right = host_.power_off() && right;
    const Bytes journal = host_.dump_journal(subject_.program);
    const bool closed = std::all_of(journal.begin(), journal.end(), [](std::uint8_t byte) { return byte == 0; });
    return right && closed && compare().at_rest();
}

CutCounts PowerCuts::cut(CutPhase phase, const sc_core::sc_time& after) {
    live_until(phase);
    start(phase);
    if (after != sc_core::SC_ZERO_TIME) sc_core::wait(after);
    host_.pull_plug();
    const RestComparison left = compare();
    const std::size_t clear = left.layers_in_clear.size();
    CutCounts counts;
    counts.cuts = 1;
    counts.leaks = left.more || clear > subject_.open_layers ? 1 : 0;
    counts.exposed = clear > 0 ? 1 : 0;
    counts.most = clear;
    counts.losses = whole_life() ? 0 : 1;
    return counts;
}

CutCounts PowerCuts::cut_everywhere(CutPhase phase, const std::function<void(std::size_t, std::size_t)>& step) {
    const auto all = moments(phase);
    CutCounts counts;
    for (std::size_t i = 0; i < all.size(); ++i) {
        counts += cut(phase, all[i]);
        if (step) step(i + 1, all.size());
    }
    return counts;
}

} // namespace veilram
