#include "hw/res/patch_scheduler.hpp"

#include "models/image/level_image.hpp"

#include <algorithm>

namespace veilram {

PatchScheduler::PatchScheduler(const sc_core::sc_module_name& name, const SchedulerConfig& cfg, const IsaacMap& map)
    : RuntimeEncryptionScheduler(name, cfg, nullptr), map_(map) {}

PatchScheduler::~PatchScheduler() = default;

std::vector<SecretCell> PatchScheduler::cells_of(int layer, const Bytes& secret) const {
    std::vector<LevelPatch> patches = decode_patches(secret);
    std::vector<SecretCell> cells;
    const std::size_t weight_cells =
        map_.outputs_of_weights().parts() * static_cast<std::size_t>(map_.config().cells_per_weight());
    cells.reserve(patches.size() * weight_cells); // a vector that grows leaves copies behind
    for (LevelPatch& patch : patches) {
        std::vector<IsaacCell> clear = map_.cells(static_cast<std::size_t>(layer), patch.index, patch.clean),
                               at_rest = map_.cells(static_cast<std::size_t>(layer), patch.index, patch.encrypted);
        for (std::size_t i = 0; i < clear.size(); ++i)
            if (clear[i].digit != at_rest[i].digit)
                cells.push_back({clear[i].row, clear[i].column, at_rest[i].digit, clear[i].digit});
        std::fill(clear.begin(), clear.end(), IsaacCell{});
        std::fill(at_rest.begin(), at_rest.end(), IsaacCell{});
        patch = {};
    }
    return cells;
}

} // namespace veilram
