#include "tb/cosim/lockstep_run.hpp"

namespace veilram {

LockstepResult run_lockstep(const CosimBlock& block, PinModel& reference, PinModel& dut, std::int64_t transactions,
                            std::uint64_t seed, const std::function<void(const Word*, const Word*)>& watch) {
    PinDriver driver(*block.table, block.stimulus, seed);
    Lockstep lockstep(*block.table, reference, dut, true); // what is random here is no secret
    LockstepResult result;
    lockstep.reset();
    while (lockstep.transactions() < transactions && !lockstep.mismatch()) {
        const Word* inputs = driver.next(reference.outputs());
        if (driver.wants_reset()) {
            lockstep.reset();
            ++result.resets;
        }
        lockstep.clock(inputs);
        if (watch) watch(inputs, reference.outputs());
    }
    result.clocks = lockstep.clocks();
    result.transactions = lockstep.transactions();
    result.mismatch = lockstep.mismatch();
    return result;
}

} // namespace veilram
