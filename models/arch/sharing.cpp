#include "models/arch/sharing.hpp"

#include <algorithm>

namespace veilram {
namespace {

/// Number of the unit that serves a crossbar: units do not reach beyond a tile.
std::int64_t unit_of(std::int64_t crossbar, std::int64_t share, std::int64_t tile) {
    if (tile == 0) return crossbar / share;
    const std::int64_t units_of_tile = (tile + share - 1) / share;
    return crossbar / tile * units_of_tile + crossbar % tile / share;
}

} // namespace

SharedUnits shared_units(const LayerCrossbars& crossbars, int share, bool broadcast, int tile) {
    SharedUnits result;
    std::int64_t unit = -1, block = -1, all = 0, rest = 0;
    for (std::int64_t c = 0; c < crossbars.count(); ++c) {
        const bool is_new = unit_of(c, share, tile) != unit;
        if (is_new) {
            unit = unit_of(c, share, tile);
            ++result.units;
            all = rest = 0;
        }
        if (!is_new && broadcast && c / crossbars.output_blocks == block) continue;
        block = c / crossbars.output_blocks;
        result.most = std::max(result.most, ++all);
        if (!crossbars.is_last(c)) result.rest = std::max(result.rest, ++rest);
    }
    return result;
}

std::int64_t turns_of(const std::vector<std::int64_t>& active, int share, int tile) {
    std::int64_t most = 1, turns = 0, unit = -1;
    for (const std::int64_t crossbar : active) {
        const std::int64_t serving = unit_of(crossbar, share, tile);
        turns = serving == unit ? turns + 1 : 1;
        unit = serving;
        most = std::max(most, turns);
    }
    return most;
}

std::int64_t conversions_of(const LayerWork& work, const LayerCrossbars& crossbars, std::int64_t slots,
                            const Sharing& sharing) {
    if (!sharing.broadcast) return work.groups * std::int64_t{work.inputs} * crossbars.output_blocks;
    std::int64_t conversions = 0;
    for (std::int64_t block = 0; block < crossbars.groups * crossbars.input_blocks; ++block) {
        const std::int64_t first = block * crossbars.output_blocks, last = first + crossbars.output_blocks - 1;
        std::int64_t units = 1;
        for (std::int64_t c = first + 1; c <= last; ++c)
            units +=
                unit_of(c, sharing.converter, sharing.tile) != unit_of(c - 1, sharing.converter, sharing.tile) ? 1 : 0;
        const std::int64_t in_block = block % crossbars.input_blocks;
        conversions += units * std::min(slots, work.inputs - in_block * slots);
    }
    return conversions;
}

} // namespace veilram
