// The runtime encryption scheduler of plain cells.
#pragma once

#include "hw/res/runtime_encryption_scheduler.hpp"
#include "models/isaac/isaac_placement.hpp"

namespace veilram {

/// A layer's secrets are the patches of its weights (docs/model.md, section 7); they go to no register, but into the
/// cells themselves.
class PatchScheduler final : public RuntimeEncryptionScheduler {
public:
    PatchScheduler(const sc_core::sc_module_name& name, const SchedulerConfig& cfg, const IsaacMap& map);
    ~PatchScheduler() override;

private:
    bool load(int /*layer*/, const Bytes& /*secret*/, sc_core::sc_time& /*delay*/) override { return true; }
    bool zeroise(std::optional<int> /*layer*/, sc_core::sc_time& /*delay*/) override { return true; }
    /// Digits that are the same in both states are left out.
    std::vector<SecretCell> cells_of(int layer, const Bytes& secret) const override;

    const IsaacMap map_;
};

} // namespace veilram
