// The table for people.
#include "tb/cli/platform_run.hpp"
#include "tb/cli/report.hpp"

#include <array>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <utility>

namespace veilram {
namespace {

constexpr int kLabel = 30;

std::string percent(double share) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(2) << std::setw(6) << share * 100 << " %";
    return text.str();
}

std::string fixed(double value) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(2) << value;
    return text.str();
}
std::string times(double ratio) { return fixed(ratio) + "x"; }

std::string engineering(double value, const std::string& unit) {
    static constexpr std::array<std::pair<double, const char*>, 6> kScales{
        {{1.0, ""}, {1e-3, "m"}, {1e-6, "u"}, {1e-9, "n"}, {1e-12, "p"}, {1e-15, "f"}}};
    std::ostringstream text;
    text << std::fixed << std::setprecision(3);
    for (const auto& [scale, prefix] : kScales) {
        if (value < scale && scale > 1e-15) continue;
        text << value / scale << " " << prefix << unit;
        break;
    }
    return text.str();
}

class Table {
public:
    explicit Table(std::ostream& out) : out_(out) {}
    void row(const std::string& label, const std::string& value) {
        out_ << "  " << std::left << std::setw(kLabel) << label << value << "\n";
    }
    void title(const std::string& text) { out_ << text << "\n"; }

private:
    std::ostream& out_;
};

void print_accuracy(const RunReport& report, Table& table) {
    table.title("accuracy on " + std::to_string(report.images) + " test images (" + name_of(report.config.data.source) +
                ")");
    table.row("float", percent(report.float_accuracy));
    table.row("quantised to 8 bit", percent(report.quantised_accuracy));
    if (report.tuned_quantised_accuracy) table.row("fine-tuned, quantised", percent(*report.tuned_quantised_accuracy));
    table.row("target: the owner's device", percent(report.target_accuracy));
}

void print_pirates(const RunReport& report, Table& table) {
    table.title("the same cells read by a thief (" + std::to_string(report.config.pirate.seeds) + " guesses each)");
    for (const auto& [variant, result] : report.pirates) {
        const bool signed_lines = report.config.compile.map.scheme == MapScheme::balanced;
        const std::string signs = signed_lines ? "in the lines" : name_of(report.config.compile.signs.mode);
        const std::string mark = variant == report.thief ? "   <- this device's thief (signs: " + signs + ")" : "";
        table.row(to_string(variant), percent(result.mean()) + "  (" + percent(result.lowest()) + " .. " +
                                          percent(result.highest()) + ")" + mark);
    }
}

void print_timing(const Timing& timing, Table& table) {
    const auto both = [](const Phase& phase) {
        return engineering(seconds(phase.time), "s") + ", " + engineering(joules(phase.energy), "J");
    };
    table.title("time and energy (simulated)");
    table.row("encrypted boot", both(timing.boot));
    table.row("one inference", both(timing.inference));
    table.row("power off", both(timing.power_off));
    const ModuleCosts& inference = timing.inference.costs;
    table.row("of the inference: unlocking", engineering(seconds(inference.unlocking), "s"));
    table.row("of the inference: locking", engineering(seconds(inference.locking), "s"));
}

/// Blocks that did something in some phase.
void print_modules(const Timing& timing, std::ostream& out) {
    out << "energy and own work of blocks     boot                    one inference           power off\n";
    for (const auto& [name, inference] : timing.inference.costs.modules) {
        bool worked = false;
        std::ostringstream line;
        const std::string label = name + (inference.instances > 1 ? " x " + std::to_string(inference.instances) : "");
        line << "  " << std::left << std::setw(kLabel) << label;
        for (const Phase* phase : {&timing.boot, &timing.inference, &timing.power_off}) {
            const ModuleCost cost = phase->costs.modules.at(name);
            worked = worked || cost.energy != Fj{} || cost.busy != Ps{};
            line << "  " << std::setw(11) << engineering(joules(cost.energy), "J") << std::setw(11)
                 << engineering(seconds(cost.busy), "s");
        }
        if (worked) out << line.str() << "\n";
    }
}

void print_memory(const RunReport& report, std::ostream& out) {
    for (const std::string& warning :
         implausible(memory_traffic(*report.target.timing, report.config), peak_bandwidth(report.config)))
        out << "warning: memory, " << warning << "\n";
}

} // namespace

void print_storage(const StorageReport& storage, std::ostream& out) {
    Table table(out);
    table.title("storage");
    const Storage& total = storage.total;
    table.row("weights", std::to_string(total.weights));
    table.row("crossbars", std::to_string(total.crossbars) + ", " + percent(total.utilisation()) + " in use");
    table.row("cells", std::to_string(total.cells) + " + " + std::to_string(total.sign_cells) + " for signs; " +
                           times(total.ratio_to_plain(1)) + " plain 8-bit weights in 1-bit cells, " +
                           times(total.ratio_to_plain(2)) + " in 2-bit cells");
    const std::string flips =
        total.flip_bits > 0 ? " and " + std::to_string(total.flip_bits) + " for flipped signs" : "";
    table.row("key bits", std::to_string(total.key_bits) + ", of which " + std::to_string(total.mask_bits) +
                              " for sign masks" + flips);
    table.row("memory", std::to_string(storage.program_bytes) + " bytes program, " +
                            std::to_string(total.sealed_bytes) + " bytes sealed");
}

void print_leakage(const LeakageReport& leakage, std::ostream& out) {
    Table table(out);
    table.title("leakage: what the cells alone tell of the vectors");
    const auto figures = [](const Leakage& l) {
        return "overlap " + fixed(l.overlap) + " (chance " + fixed(l.chance) + "), energy ratio " +
               fixed(l.energy_ratio);
    };
    table.row("each crossbar", figures(leakage.total.crossbars));
    table.row("same vectors pooled", figures(leakage.total.pooled));
}

void print_layers(const StorageReport& storage, const LeakageReport& leakage, std::ostream& out) {
    out << "layers                          weights  crossbars   in use  1-bit  2-bit   key bits   error  overlap  "
           "energy\n";
    const auto line = [&](const std::string& name, const Storage& s, const Leakage& l) {
        out << "  " << std::left << std::setw(26) << name.substr(0, 26) << std::right << std::setw(11) << s.weights
            << std::setw(11) << s.crossbars << std::setw(9) << percent(s.utilisation()) << std::setw(7)
            << times(s.ratio_to_plain(1)) << std::setw(7) << times(s.ratio_to_plain(2)) << std::setw(11) << s.key_bits
            << std::setw(8) << fixed(s.mean_abs_error()) << std::setw(9) << fixed(l.overlap) << std::setw(8)
            << fixed(l.energy_ratio) << "\n";
    };
    for (std::size_t l = 0; l < storage.layers.size(); ++l)
        line(storage.layers[l].name, storage.layers[l].storage, leakage.layers.at(l).figures.crossbars);
    line("all", storage.total, leakage.total.crossbars);
    out << "  1-bit, 2-bit: cells over those of plain 8-bit weights; error: mean |line - target| in counts;\n"
           "  overlap, energy: what the cells tell of the vectors, "
        << fixed(leakage.total.crossbars.chance) << " and 1 by chance\n";
}

void print_summary(const RunReport& report, const std::string& folder, std::ostream& out) {
    Table table(out);
    table.title(report.network + ", " + name_of(report.config.fidelity) + " fidelity, " + report.config_file);
    print_accuracy(report, table);
    print_pirates(report, table);
    print_storage(report.storage, out);
    print_leakage(report.leakage, out);
    if (report.target.timing) {
        print_timing(*report.target.timing, table);
        print_modules(*report.target.timing, out);
        print_memory(report, out);
    }
    table.title("files");
    table.row("report", folder + "/results.json");
    table.row("every value used", folder + "/effective_config.yaml");
    table.row("counters", folder + "/stats.csv");
    if (!report.target.files.empty()) {
        table.row("waveform", folder + "/run.vcd");
        table.row("waveform view", folder + "/run.gtkw");
    }
    if (shows_secrets(report)) table.title("warning: trace.secrets is on, the waveform shows secrets");
}

} // namespace veilram
