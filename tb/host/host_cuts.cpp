#include "tb/host/host_cuts.hpp"

#include <algorithm>

namespace veilram {

void HostCuts::start(CutPhase phase) {
    constexpr std::uint32_t kCommands[] = {reg::kCtrlBoot, reg::kCtrlBoot, reg::kCtrlInfer, reg::kCtrlPowerOff};
    host_.command(kCommands[static_cast<std::size_t>(phase)]);
}

CutDump HostCuts::dump() {
    const RestComparison left =
        compare_with_rest(host_.dump(subject_.program), subject_.locked, subject_.program, subject_.secrets);
    return {left.layers_in_clear.size(), left.more};
}

bool HostCuts::journal_closed() {
    const Bytes journal = host_.dump_journal(subject_.program);
    return std::all_of(journal.begin(), journal.end(), [](std::uint8_t byte) { return byte == 0; });
}

} // namespace veilram
