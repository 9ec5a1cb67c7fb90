// Crossbar-level sharing of the crossbars of a compiled network.
#pragma once

#include "tb/cli/commands.hpp"
#include "tb/cli/workload.hpp"

#include <iosfwd>

namespace veilram {

constexpr int kShareFormat = 1; ///< of the figures of `veilram share`

/// Compiles `graph`, shares its crossbars among each other as config.cls says, and prints what the device computes with
/// cells of its own, with shared ones, and with shared ones after its outputs were re-estimated. Throws UserError for
/// --out: a compiled network is not written.
void share_cells(const ShareArgs& args, const RunConfig& config, const Graph& graph, const Dataset& test,
                 std::ostream& out);

} // namespace veilram
