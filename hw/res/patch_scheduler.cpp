#include "hw/res/patch_scheduler.hpp"

#include "models/image/level_image.hpp"

namespace veilram {

PatchScheduler::PatchScheduler(const sc_core::sc_module_name& name, const SchedulerConfig& cfg, const IsaacMap& map)
    : RuntimeEncryptionScheduler(name, cfg, nullptr), map_(map) {}

PatchScheduler::~PatchScheduler() = default;

std::vector<SecretCell> PatchScheduler::cells_of(int layer, const Bytes& secret) const {
    std::vector<LevelPatch> patches = decode_patches(secret);
    std::vector<SecretCell> cells;
    for (LevelPatch& patch : patches) {
        const std::vector<IsaacCell> clear = map_.cells(static_cast<std::size_t>(layer), patch.index, patch.clean),
                                     at_rest =
                                         map_.cells(static_cast<std::size_t>(layer), patch.index, patch.encrypted);
        for (std::size_t i = 0; i < clear.size(); ++i)
            if (clear[i].digit != at_rest[i].digit)
                cells.push_back({clear[i].row, clear[i].column, at_rest[i].digit, clear[i].digit});
        patch = {};
    }
    return cells;
}

} // namespace veilram
