// Power cuts of the protected chip of 1T4R crossbars.
#pragma once

#include "models/image/image.hpp"
#include "models/image/program.hpp"
#include "models/protect/secrets.hpp"
#include "tb/host/at_rest.hpp"
#include "tb/host/host.hpp"
#include "tb/host/power_cuts.hpp"

#include <cstdint>
#include <vector>

namespace veilram {

/// What is cut, and what is right.
struct CutSubject {
    const Program& program;
    const NvmPart& locked;                    ///< cells at rest
    const std::vector<LayerSecrets>& secrets; ///< tell which layer a sign cell belongs to
    std::vector<std::uint8_t> pixels;         ///< of one image
    std::vector<float> logits;                ///< that it must get
};

class HostCuts final : public CutChip {
public:
    /// Keeps references to what `subject` refers to.
    HostCuts(Host& host, CutSubject subject) : host_(host), subject_(std::move(subject)) {}

    void power_on() override { host_.power_on(); }
    bool boot() override { return host_.boot(); }
    void load_input() override { host_.load_input(subject_.pixels.data(), subject_.pixels.size()); }
    void start(CutPhase phase) override;
    bool done() override { return host_.irq_i.read(); }
    void pull_plug() override { host_.pull_plug(); }
    CutDump dump() override;
    bool infer() override { return host_.infer(subject_.pixels.data(), subject_.pixels.size()) == subject_.logits; }
    bool power_off() override { return host_.power_off(); }
    bool journal_closed() override;

private:
    Host& host_;
    const CutSubject subject_;
};

} // namespace veilram
