// How transactions reach a block that is there pin by pin.
#pragma once

#include "hw/cycle/implementation.hpp"
#include "hw/cycle/lockstep.hpp"
#include "hw/cycle/twins.hpp"
#include "models/base/diagnostics.hpp"
#include "models/base/units.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace veilram {

/// Time at the pins of a chip. A transaction clocks its block as often as it needs within the call: pins run ahead of
/// the kernel, as loose timing does, one block after another, and never back.
class PinClock {
public:
    explicit PinClock(Ps period) : period_(period) {}

    /// Nothing moves before `at`.
    void begin(Ps at) { now_ = std::max(now_, at); }
    /// The next edge is at `now`, where pins are clocked in step with the kernel.
    void align(Ps now) { begin(now - period_); }
    /// From now on twins are recorded.
    void record(TwinWave* wave) { wave_ = wave; }
    /// Announces the next edge.
    void edge() {
        now_ += period_;
        if (wave_ != nullptr) wave_->next_edge(now_.value, period_.value / 2);
    }
    Ps now() const { return now_; }

private:
    const Ps period_;
    Ps now_;
    TwinWave* wave_ = nullptr;
};

/// One block behind pins, with its reference beside it where it is checked.
template <class Pins> class PinPort {
public:
    using In = typename Pins::In;
    using Out = typename Pins::Out;

    In in{}; ///< what the next edge sees

    /// `Cycle` is the model in C++; a twin is checked against it. Throws UserError for rtl without Verilator,
    /// ModelError without pins or a clock for them.
    template <class Cycle> static PinPort make(Implementation kind, PinClock* clock, const std::string& name) {
        if (kind == Implementation::systemc || clock == nullptr) throw ModelError(name + ": has no pins");
        auto model = std::make_unique<Cycle>();
        if (kind == Implementation::cycle) return PinPort(*clock, std::move(model), nullptr, nullptr);
        auto twin = make_twin<Pins>(name);
        Twin<Pins>& seen = *twin;
        return PinPort(*clock, std::move(twin), std::move(model), &seen);
    }

    const Out& out() const { return model_->out(); }
    /// `joins`: at the edge of another block, not at one of its own.
    void reset(bool joins = false) {
        if (!joins) clock_->edge();
        in = {};
        lockstep_ ? lockstep_->reset() : model_->reset();
    }
    void clock(bool joins = false) {
        if (!joins) clock_->edge();
        ++clocks_;
        lockstep_ ? lockstep_->clock(reinterpret_cast<const Word*>(&in)) : model_->clock(in);
    }
    /// Clocks until `answer` is high, but not for ever: a block that hangs must not hang the simulator.
    bool clock_until(Word Out::*answer) {
        constexpr int kPatience = 16; // more than any block takes
        for (int i = 0; i < kPatience && out().*answer == 0; ++i) clock();
        return out().*answer != 0;
    }

    std::int64_t clocks() const { return clocks_; }
    const Mismatch* mismatch() const { return lockstep_ && lockstep_->mismatch() ? &*lockstep_->mismatch() : nullptr; }
    void record(TwinWave* wave) {
        if (twin_ != nullptr) twin_->record(wave);
    }

private:
    PinPort(PinClock& clock, std::unique_ptr<BlockModel<Pins>> model, std::unique_ptr<BlockModel<Pins>> reference,
            Twin<Pins>* twin)
        : clock_(&clock), model_(std::move(model)), reference_(std::move(reference)), twin_(twin) {
        if (reference_ != nullptr) lockstep_ = std::make_unique<Lockstep>(Pins::table(), *reference_, *model_, false);
    }

    PinClock* clock_;
    std::unique_ptr<BlockModel<Pins>> model_, reference_;
    Twin<Pins>* twin_;
    std::unique_ptr<Lockstep> lockstep_;
    std::int64_t clocks_ = 0;
};

} // namespace veilram
