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

/// Sees every clock: the reference's outputs before the edge, the inputs, the outputs after it.
using ClockWatch = std::function<void(const Word* before, const Word* inputs, const Word* after)>;

/// Runs until `transactions` have taken place, or to the first mismatch.
LockstepResult run_lockstep(const CosimBlock& block, PinModel& reference, PinModel& dut, std::int64_t transactions,
                            std::uint64_t seed, const ClockWatch& watch = {});

} // namespace veilram
