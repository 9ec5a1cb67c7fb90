#include "tb/host/host_cuts.hpp"

#include <algorithm>

namespace veilram {

void HostCuts::start(CutPhase phase) {
    constexpr std::uint32_t kCommands[] = {reg::kCtrlBoot, reg::kCtrlBoot, reg::kCtrlInfer, reg::kCtrlPowerOff};
    host_.command(kCommands[static_cast<std::size_t>(phase)]);
}

RestComparison HostCuts::compare() {
    return compare_with_rest(host_.dump(subject_.program), subject_.locked, subject_.program, subject_.secrets);
}

CutDump HostCuts::dump() {
    const RestComparison left = compare();
    return {left.layers_in_clear.size(), left.more};
}

bool HostCuts::whole_life() {
    host_.power_on();
    bool right = host_.boot();
    right = host_.infer(subject_.pixels.data(), subject_.pixels.size()) == subject_.logits && right;
    right = host_.power_off() && right;
    const Bytes journal = host_.dump_journal(subject_.program);
    const bool closed = std::all_of(journal.begin(), journal.end(), [](std::uint8_t byte) { return byte == 0; });
    return right && closed && compare().at_rest();
}

} // namespace veilram
