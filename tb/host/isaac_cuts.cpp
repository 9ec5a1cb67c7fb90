#include "tb/host/isaac_cuts.hpp"

#include <algorithm>
#include <set>

namespace veilram {

IsaacCuts::IsaacCuts(IsaacOwner& owner, const LevelImage& clear, Tensor images, std::vector<float> logits)
    : owner_(owner), rest_(owner.dump()), images_(std::move(images)), logits_(std::move(logits)) {
    const IsaacMap& map = owner.map();
    for (std::size_t layer = 0; layer < clear.levels.size(); ++layer)
        for (std::size_t i = 0; i < clear.levels[layer].q.size(); ++i)
            for (const IsaacCell& cell : map.cells(layer, i, clear.levels[layer].q[i])) {
                const std::size_t place =
                    std::size_t{cell.row} * static_cast<std::size_t>(map.config().columns) + cell.column;
                if (rest_[place] != cell.digit) secrets_[place] = {layer, cell.digit};
            }
}

void IsaacCuts::start(CutPhase phase) {
    using Action = IsaacOwner::Action;
    constexpr Action kActions[] = {Action::boot, Action::boot, Action::infer, Action::power_off};
    owner_.start(kActions[static_cast<std::size_t>(phase)]);
}

CutDump IsaacCuts::dump() {
    const Bytes cells = owner_.dump();
    std::set<std::size_t> layers;
    CutDump dump;
    for (std::size_t place = 0; place < cells.size(); ++place) {
        if (cells[place] == rest_[place]) continue;
        const auto secret = secrets_.find(place);
        if (secret == secrets_.end()) {
            dump.more = true;
            continue;
        }
        const auto [low, high] = std::minmax(rest_[place], secret->second.clear); // half-way is a level, too
        if (cells[place] < low || cells[place] > high) dump.more = true;
        layers.insert(secret->second.layer);
    }
    dump.layers_in_clear = layers.size();
    return dump;
}

bool IsaacCuts::journal_closed() {
    const Bytes journal = owner_.dump_journal();
    return std::all_of(journal.begin(), journal.end(), [](std::uint8_t bit) { return bit == 0; });
}

} // namespace veilram
