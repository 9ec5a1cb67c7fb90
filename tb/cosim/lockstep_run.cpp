#include "tb/cosim/lockstep_run.hpp"

namespace veilram {

LockstepResult run_lockstep(const CosimBlock& block, PinModel& reference, PinModel& dut, std::int64_t transactions,
                            std::uint64_t seed, const ClockWatch& watch) {
    PinDriver driver(*block.table, block.stimulus, seed);
    Lockstep lockstep(*block.table, reference, dut, true); // what is random here is no secret
    LockstepResult result;
    std::vector<Word> before(block.table->output_words());
    lockstep.reset();
    while (lockstep.transactions() < transactions && !lockstep.mismatch()) {
        const Word* inputs = driver.next(reference.outputs());
        if (driver.wants_reset()) {
            lockstep.reset();
            ++result.resets;
        }
        if (watch) before.assign(reference.outputs(), reference.outputs() + before.size());
        lockstep.clock(inputs);
        if (watch) watch(before.data(), inputs, reference.outputs());
    }
    result.clocks = lockstep.clocks();
    result.transactions = lockstep.transactions();
    result.mismatch = lockstep.mismatch();
    return result;
}

} // namespace veilram
