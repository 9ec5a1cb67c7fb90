// What a run found out, and the files that say so (docs/results_schema.md).
#pragma once

#include "models/attack/leakage_report.hpp"
#include "models/attack/pirate.hpp"
#include "models/image/compile.hpp"
#include "tb/cli/run_config.hpp"
#include "tb/cli/target.hpp"

#include <cstddef>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace veilram {

/// Version of the program and of the sources it was built from.
struct BuildInfo {
    std::string version;
    std::string revision; ///< `git describe` when it was built, or "unknown"
};
BuildInfo build_info();

struct RunReport {
    RunConfig config; ///< with --image, what the image says where it says something
    std::string config_file;
    std::vector<std::string> settings;
    std::string image_file; ///< given by --image; empty: compiled in this run
    std::string network;    ///< its name

    std::size_t images = 0;
    double float_accuracy = 0.0;
    double quantised_accuracy = 0.0;
    std::optional<double> tuned_quantised_accuracy; ///< when network.tuned is given
    double target_accuracy = 0.0;
    std::map<PirateVariant, PirateResult> pirates;
    PirateVariant thief = PirateVariant::signs_unknown; ///< the variant that the thief of this device really is
    StorageReport storage;
    LeakageReport leakage;
    TargetRun target;

    double job_wall_s = 0.0; ///< of everything
};

/// True when a waveform of this run shows secrets.
inline bool shows_secrets(const RunReport& report) {
    return report.config.trace.secrets && !report.target.files.empty();
}

/// The folder of a report, made if needed: `out`, or runs/<name of the configuration> when that is empty. To be called
/// when the work is done: a refused run leaves no empty folder. Throws UserError.
std::string make_report_folder(const std::string& out, const std::string& config);

/// results.json.
std::string results_json(const RunReport& report);
/// stats.csv: block,name,value,unit,description.
std::string stats_csv(const std::vector<Stat>& stats);
/// Writes results.json, stats.csv and effective_config.yaml into `folder`, each whole or not at all, and removes a
/// waveform of an earlier run.
void write_report(const RunReport& report, const std::string& folder);
/// The table for people.
void print_summary(const RunReport& report, const std::string& folder, std::ostream& out);
/// The storage part of it.
void print_storage(const StorageReport& storage, std::ostream& out);
/// What the cells tell of the vectors.
void print_leakage(const LeakageReport& leakage, std::ostream& out);
/// A line for each layer.
void print_layers(const StorageReport& storage, const LeakageReport& leakage, std::ostream& out);

} // namespace veilram
