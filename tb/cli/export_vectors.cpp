// Test vectors for whoever has RTL and a simulator of their own.
#include "tb/cli/commands.hpp"
#include "tb/cli/report.hpp"
#include "tb/cosim/vectors.hpp"

#include <ostream>

namespace veilram {
void export_vectors_command(const ExportVectorsArgs& args, std::ostream& out) {
    const auto blocks = chosen_blocks(args.block);
    const std::string folder = make_report_folder(args.out, "");
    for (const CosimBlock* block : blocks) {
        const VectorFiles files = export_vectors(*block, args.transactions, args.seed, folder);
        out << block->table->block << ": " << files.clocks << " clocks in " << folder << "/" << files.inputs << ", "
            << files.outputs << ", " << files.testbench << "\n";
    }
    out << "In that folder: iverilog -g2012 -o BLOCK.vvp BLOCK_tb.sv FILE.sv && vvp BLOCK.vvp\n";
}

} // namespace veilram
