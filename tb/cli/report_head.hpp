// How every JSON report of the program starts (docs/results_schema.md).
#pragma once

#include "tb/cli/commands.hpp"
#include "tb/cli/report.hpp"

#include <nlohmann/json.hpp>

namespace veilram {

inline nlohmann::ordered_json report_head(const ConfigArgs& config, int format) {
    const BuildInfo build = build_info();
    return {{"format", format},
            {"program", {{"version", build.version}, {"revision", build.revision}}},
            {"config", {{"file", config.config}, {"settings", config.settings}}}};
}

} // namespace veilram
