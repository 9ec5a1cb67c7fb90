// rtl_coverage FOLDER TRANSACTIONS: drives every twin beside its model and writes what that covered: <block>.dat (lines
// and toggles, for verilator_coverage; needs the preset "coverage") and <block>.json (points at the pins).
#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "tb/cosim/functional_coverage.hpp"
#include "tb/cosim/lockstep_run.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace veilram {
namespace {

void cover(const CosimBlock& block, std::int64_t transactions, const std::string& folder) {
    const std::string name = block.table->block;
    const auto reference = block.model(), twin = block.twin();
    FunctionalCoverage coverage(block);
    const LockstepResult result = run_lockstep(
        block, *reference, *twin, transactions, 1,
        [&](const Word* before, const Word* in, const Word* after) { coverage.observe(before, in, after); });
    if (result.mismatch) throw UserError(to_string(*result.mismatch));
    block.write_coverage(*twin, folder + "/" + name + ".dat");
    const nlohmann::ordered_json report{{"block", name},
                                        {"transactions", result.transactions},
                                        {"clocks", result.clocks},
                                        {"points", coverage.points()},
                                        {"missed", coverage.missed()}};
    write_file(folder + "/" + name + ".json", report.dump(1) + "\n");
}

} // namespace
} // namespace veilram

int main(int argc, char** argv) {
    using namespace veilram;
    if (argc != 3 || std::atoll(argv[2]) <= 0) {
        std::cerr << "usage: rtl_coverage FOLDER TRANSACTIONS\n";
        return 2;
    }
    try {
        std::filesystem::create_directories(argv[1]);
        for (const CosimBlock& block : cosim_blocks()) cover(block, std::atoll(argv[2]), argv[1]);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
        return 2;
    }
}
