#include "tb/cli/report.hpp"

#include "models/base/file.hpp"
#include "models/protect/seal.hpp"
#include "tb/cli/platform_run.hpp"
#include "tb/cli/revision.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <sstream>

namespace veilram {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr int kFormat = 1;

/// SHA-256 of all logits as bytes: equal where every bit of every logit is.
std::string digest_of(const std::vector<std::vector<float>>& logits) {
    std::vector<std::uint8_t> bytes;
    for (const auto& row : logits) {
        const auto* first = reinterpret_cast<const std::uint8_t*>(row.data());
        bytes.insert(bytes.end(), first, first + row.size() * sizeof(float));
    }
    std::ostringstream hex;
    for (const std::uint8_t byte : sha256(bytes.data(), bytes.size()))
        hex << std::hex << std::setfill('0') << std::setw(2) << int{byte};
    return hex.str();
}

Json accuracy_json(const RunReport& report) {
    Json json{{"images", report.images}, {"float", report.float_accuracy}, {"quantised", report.quantised_accuracy}};
    if (report.tuned_quantised_accuracy) json["tuned_quantised"] = *report.tuned_quantised_accuracy;
    json["target"] = report.target_accuracy;
    json["logits_sha256"] = digest_of(report.target.logits);
    for (const auto& [variant, result] : report.pirates)
        json["pirate"][to_string(variant)] = {
            {"mean", result.mean()},
            {"lowest", result.lowest()},
            {"highest", result.highest()},
            {"seeds", result.accuracy.size()},
            {"images", std::min<std::size_t>(report.images, static_cast<std::size_t>(report.config.pirate.images))}};
    return json;
}

Json protection_json(const RunReport& report) {
    const bool signed_lines = report.config.compile.map.scheme == MapScheme::balanced;
    const bool masked = !signed_lines && report.config.compile.signs.mode == SignMode::masked;
    return {{"scheme", name_of(report.config.compile.map.scheme)},
            {"signs", signed_lines ? "in_lines" : name_of(report.config.compile.signs.mode)},
            {"sign_mask", masked ? Json(name_of(report.config.compile.signs.generator)) : Json()},
            {"key_scope", name_of(report.config.compile.keys.scope)},
            {"thief", to_string(report.thief)}};
}

Json storage_json(const Storage& storage, bool targets_known) {
    Json json{{"weights", storage.weights},
              {"crossbars", storage.crossbars},
              {"cells", storage.cells},
              {"sign_cells", storage.sign_cells},
              {"utilisation", storage.utilisation()},
              {"ratio_to_1_bit_cells", storage.ratio_to_plain(1)},
              {"ratio_to_2_bit_cells", storage.ratio_to_plain(2)},
              {"key_bits", storage.key_bits},
              {"mask_bits", storage.mask_bits},
              {"flip_bits", storage.flip_bits},
              {"sealed_bytes", storage.sealed_bytes}};
    if (targets_known) json["mean_abs_error"] = storage.mean_abs_error();
    return json;
}

Json storage_json(const RunReport& report) {
    const bool targets_known = report.image_file.empty(); // an image does not tell
    Json json = storage_json(report.storage.total, targets_known);
    json["program_bytes"] = report.storage.program_bytes;
    json["layers"] = Json::array();
    for (const LayerStorage& layer : report.storage.layers) {
        Json item{{"name", layer.name}};
        item.update(storage_json(layer.storage, targets_known));
        json["layers"].push_back(std::move(item));
    }
    return json;
}

Json leakage_json(const LeakageFigures& figures) {
    const auto one = [](const Leakage& l) {
        return Json{
            {"overlap", l.overlap}, {"chance", l.chance}, {"energy_ratio", l.energy_ratio}, {"row_pairs", l.row_pairs}};
    };
    return {{"crossbars", one(figures.crossbars)},
            {"pooled", one(figures.pooled)},
            {"worst_overlap_above_chance", figures.worst_overlap}};
}

Json leakage_json(const LeakageReport& leakage) {
    Json json = leakage_json(leakage.total);
    json["layers"] = Json::array();
    for (const LeakageReport::Layer& layer : leakage.layers) {
        Json item{{"name", layer.name}};
        item.update(leakage_json(layer.figures));
        json["layers"].push_back(std::move(item));
    }
    return json;
}

void add_timing(Json& json, const Timing& timing) {
    json["latency_s"] = {{"boot", seconds(timing.boot.time)},
                         {"inference", seconds(timing.inference.time)},
                         {"power_off", seconds(timing.power_off.time)}};
    json["energy_j"] = {{"boot", joules(timing.boot.energy)},
                        {"inference", joules(timing.inference.energy)},
                        {"power_off", joules(timing.power_off.energy)}};
}

Json phase_json(const Phase& phase) {
    Json json{{"modules", Json::object()}};
    for (const auto& [name, cost] : phase.costs.modules)
        json["modules"][name] = {
            {"instances", cost.instances}, {"energy_j", joules(cost.energy)}, {"busy_s", seconds(cost.busy)}};
    json["memory_bytes"] = phase.costs.memory_bytes;
    return json;
}

void add_phases(Json& json, const Timing& timing, const RunConfig& config) {
    json["phases"] = {{"boot", phase_json(timing.boot)},
                      {"inference", phase_json(timing.inference)},
                      {"power_off", phase_json(timing.power_off)}};
    json["phases"]["inference"]["unlock_s"] = seconds(timing.inference.costs.unlocking);
    json["phases"]["inference"]["lock_s"] = seconds(timing.inference.costs.locking);
    const auto traffic = memory_traffic(timing, config);
    json["memory"]["peak_bytes_per_s"] = peak_bandwidth(config);
    for (const MemoryTraffic& phase : traffic) json["memory"]["needed_bytes_per_s"][phase.phase] = phase.needed();
    json["memory"]["warnings"] = implausible(traffic, peak_bandwidth(config));
}

std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\n") == std::string::npos) return text;
    std::string result = "\"";
    for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
    return result + "\"";
}

/// Files that the waveform of some run may have left: it, its view and the names of enumerations.
bool is_waveform(const std::string& name) {
    const bool table = name.rfind("veilram.platform.", 0) == 0 && fs::path(name).extension() == ".txt";
    return table || name == "run.vcd" || name == "run_rtl.vcd" || name == "run.gtkw";
}

void remove_old_waveform(const std::string& folder, const std::vector<std::string>& made) {
    std::vector<fs::path> old;
    for (const auto& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (is_waveform(name) && std::find(made.begin(), made.end(), name) == made.end()) old.push_back(entry.path());
    }
    std::error_code ignored;
    for (const fs::path& file : old) fs::remove(file, ignored);
}

} // namespace

BuildInfo build_info() { return {VEILRAM_VERSION, kRevision}; }

std::string make_report_folder(const std::string& out, const std::string& config) {
    std::string folder = out.empty() ? (fs::path("runs") / fs::path(config).stem()).string() : out;
    std::error_code error;
    fs::create_directories(folder, error);
    if (error || !fs::is_directory(folder))
        throw UserError("--out " + folder + ": cannot make this folder: " + error.message());
    return folder;
}

std::string results_json(const RunReport& report) {
    const RunConfig& config = report.config;
    const BuildInfo build = build_info();
    Json json{{"format", kFormat},
              {"program", {{"version", build.version}, {"revision", build.revision}}},
              {"config", {{"file", report.config_file}, {"settings", report.settings}}},
              {"seeds", {{"run", config.compile.seed}, {"data", config.data.seed}}},
              {"network",
               {{"name", report.network},
                {"path", config.network.path},
                {"tuned", config.network.tuned},
                {"image", report.image_file}}},
              {"data", {{"source", name_of(config.data.source)}}},
              {"fidelity", name_of(config.fidelity)},
              {"accuracy", accuracy_json(report)},
              {"protection", protection_json(report)},
              {"storage", storage_json(report)},
              {"leakage", leakage_json(report.leakage)}};
    if (report.target.timing) {
        add_timing(json, *report.target.timing);
        add_phases(json, *report.target.timing, config);
    }
    const double wall = std::max(report.target.wall_s, 1e-9);
    json["simulation"] = {{"wall_s", report.target.wall_s},
                          {"cpu_s", report.target.cpu_s},
                          {"images_per_s", static_cast<double>(report.images) / wall},
                          {"job_wall_s", report.job_wall_s}};
    json["trace"] = {{"secrets", shows_secrets(report)}, {"files", report.target.files}};
    return json.dump(2) + "\n";
}

std::string stats_csv(const std::vector<Stat>& stats) {
    std::string csv = "block,name,value,unit,description\n";
    for (const Stat& stat : stats)
        csv += csv_field(stat.block) + "," + csv_field(stat.name) + "," + std::to_string(stat.value) + "," + stat.unit +
               "," + csv_field(stat.description) + "\n";
    return csv;
}

void write_report(const RunReport& report, const std::string& folder) {
    remove_old_waveform(folder, report.target.files);
    const BuildInfo build = build_info();
    const std::string head = "# Every value of this run. veilram " + build.version + " (" + build.revision + ")\n";
    write_file(folder + "/effective_config.yaml", head + dump(report.config, folder));
    write_file(folder + "/stats.csv", stats_csv(report.target.stats));
    write_file(folder + "/results.json", results_json(report));
}

} // namespace veilram
