// Test vectors of a block in plain files, and a testbench that plays them to a Verilog module in any simulator.
#pragma once

#include "tb/cosim/blocks.hpp"

#include <cstdint>
#include <string>

namespace veilram {

struct VectorFiles {
    std::string inputs, outputs, testbench; ///< names inside the folder
    std::int64_t clocks = 0;
};

/// Drives the block's model at random until `transactions` have taken place and writes three files into `folder`, each
/// of them whole or absent:
/// - <block>_inputs.mem for $readmemh, a line a clock: whether rst_ni is low before it (highest bit), then the inputs,
///   the table's first one lowest;
/// - <block>_outputs.mem: the outputs after its edge, in the same order;
/// - <block>_tb.sv, the module <block>_tb: plays them, compares every output after every edge and after every reset,
/// and
///   ends with "PASS n clocks", or with the first mismatch and an exit code that is not 0.
/// The same seed gives the same files. Throws UserError when they cannot be written.
VectorFiles export_vectors(const CosimBlock& block, std::int64_t transactions, std::uint64_t seed,
                           const std::string& folder);

} // namespace veilram
