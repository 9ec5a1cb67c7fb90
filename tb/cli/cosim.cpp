// RTL against its models, at random.
#include "hw/cycle/twins.hpp"
#include "models/base/diagnostics.hpp"
#include "tb/cli/commands.hpp"
#include "tb/cli/stopwatch.hpp"
#include "tb/cosim/lockstep_run.hpp"

#include <iomanip>
#include <ostream>

namespace veilram {
namespace {

/// Returns whether the twin is right.
bool run_one(const CosimBlock& block, const CosimArgs& args, std::ostream& out) {
    const auto model = block.model(), twin = block.twin();
    const Stopwatch watch;
    const LockstepResult result = run_lockstep(block, *model, *twin, args.transactions, args.seed);
    out << "  " << std::left << std::setw(20) << block.table->block << std::right << std::setw(14)
        << result.transactions << std::setw(12) << result.clocks << std::setw(8) << result.resets << std::fixed
        << std::setprecision(0) << std::setw(12) << static_cast<double>(result.clocks) / watch.wall_s() << "  "
        << (result.mismatch ? "DIFFERS" : "equal") << std::endl; // the next one may take a while
    if (result.mismatch) out << to_string(*result.mismatch);
    return !result.mismatch;
}

} // namespace

void cosim_command(const CosimArgs& args, std::ostream& out) {
    out << "  block                 transactions      clocks  resets    clocks/s  the RTL is\n";
    bool right = true;
    for (const CosimBlock* block : chosen_blocks(args.block)) right = run_one(*block, args, out) && right;
    if (!right) throw UserError("RTL differs from its model; see above");
}

} // namespace veilram
