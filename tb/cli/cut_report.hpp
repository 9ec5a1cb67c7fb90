// Power cuts at every event of a chip's life, in the terminal and in a report.
#pragma once

#include "tb/host/power_cuts.hpp"

#include <nlohmann/json.hpp>

#include <iosfwd>

namespace veilram {

/// Cuts every phase, with a progress bar for each; `phases` and `all` of docs/results_schema.md.
nlohmann::ordered_json cut_all_phases(PowerCuts& cuts, std::ostream& out);

} // namespace veilram
