// A reference and a model under test, driven at random until they have moved enough or differ.
#pragma once

#include "hw/cycle/lockstep.hpp"
#include "tb/cosim/blocks.hpp"

#include <cstdint>
#include <functional>

namespace veilram {

struct LockstepResult {
    std::int64_t clocks = 0, transactions = 0, resets = 0;
    std::optional<Mismatch> mismatch;
};

/// Runs until `transactions` have taken place, or to the first mismatch. `watch`, where given, sees inputs and the
/// outputs after the edge of every clock.
LockstepResult run_lockstep(const CosimBlock& block, PinModel& reference, PinModel& dut, std::int64_t transactions,
                            std::uint64_t seed,
                            const std::function<void(const Word* inputs, const Word* outputs)>& watch = {});

} // namespace veilram
