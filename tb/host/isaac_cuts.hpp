// Power cuts of ISAAC with protected weights.
#pragma once

#include "tb/host/isaac_owner.hpp"
#include "tb/host/power_cuts.hpp"

#include <cstddef>
#include <map>
#include <vector>

namespace veilram {

class IsaacCuts final : public CutChip {
public:
    /// To be made by the body of owner.run(), before the chip has been on: what its cells hold is how they are at rest.
    /// `clear` is the network without protection; `images` must give `logits`.
    IsaacCuts(IsaacOwner& owner, const LevelImage& clear, Tensor images, std::vector<float> logits);

    void power_on() override { owner_.power_on(); }
    bool boot() override { return owner_.boot(); }
    void load_input() override { owner_.load_input(images_); }
    void start(CutPhase phase) override;
    bool done() override { return !owner_.busy(); }
    void pull_plug() override { owner_.pull_plug(); }
    CutDump dump() override;
    bool infer() override { return owner_.infer(images_) == logits_; }
    bool power_off() override { return owner_.power_off(); }
    bool journal_closed() override;

private:
    IsaacOwner& owner_;
    const Bytes rest_;
    struct Secret {
        std::size_t layer = 0;
        std::uint8_t clear = 0; ///< digit
    };
    std::map<std::size_t, Secret> secrets_; ///< by place in the dump: what patches change
    const Tensor images_;
    const std::vector<float> logits_;
};

} // namespace veilram
