#include "tb/cli/run_config.hpp"

#include "hw/cycle/twins.hpp"
#include "hw/gsl/gsl_pins.hpp"
#include "models/config/describer.hpp"
#include "models/config/loader.hpp"
#include "models/config/writer.hpp"

#include <algorithm>
#include <cstdio>

namespace veilram {
namespace {

/// Adds problems at the place where their field was written.
class Problems {
public:
    Problems(const FieldPlaces& places, Diagnostics& out) : places_(places), out_(out) {}
    void add(const std::string& field, const std::string& problem) { out_.add(places_.of(field), field, problem); }

private:
    const FieldPlaces& places_;
    Diagnostics& out_;
};

void check_array(const ArrayGeometry& array, Problems& problems) {
    if (array.rows % 2 != 0)
        problems.add("crossbar.rows", std::to_string(array.rows) + " is odd: two rows make a pair");
    if (array.cols % array.segment != 0)
        problems.add("crossbar.segment", std::to_string(array.segment) + " does not divide crossbar.cols (" +
                                             std::to_string(array.cols) + "): take a power of two");
}

void check_device(const DeviceConfig& device, Fidelity fidelity, bool clock_by_clock, Problems& problems) {
    const auto functional_only = [&](double value, const std::string& field) {
        if (value > 0 && fidelity != Fidelity::functional)
            problems.add("device." + field, "is modelled in fidelity functional only: take that, or 0");
    };
    functional_only(device.read_sigma, "read_sigma");
    functional_only(device.adc_noise, "adc_noise");
    if (clock_by_clock && device.has_static())
        problems.add(
            "device",
            "is not ideal, which is not modelled clock by clock: take fidelity: lt or functional, and no cycle.layers");
    if (device.stuck_on + device.stuck_off > 1)
        problems.add("device.stuck_off", "and device.stuck_on together are more than all cells");
}

void check_input(const InputFormat& input, Problems& problems) {
    if (!input.mean.empty() && !input.std.empty() && input.mean.size() != input.std.size())
        problems.add("network.input.std", "has " + std::to_string(input.std.size()) +
                                              " channels where network.input.mean has " +
                                              std::to_string(input.mean.size()));
    const bool positive = std::all_of(input.std.begin(), input.std.end(), [](float s) { return s > 0; });
    if (!positive) problems.add("network.input.std", "must be above 0 in every channel");
}

void check_data(const DataConfig& data, Problems& problems) {
    if (data.source == DataSource::digits || !data.path.empty()) return;
    problems.add("data.path", "is missing: the folder with the " + name_of(data.source) +
                                  " files, for example --set data.path=../data/" + name_of(data.source));
}

void check_learning(const std::string& section, double rate, double share, Problems& problems) {
    if (rate <= 0) problems.add(section + ".learning_rate", "must be above 0");
    if (share <= 0)
        problems.add(section + ".validation_share", "must be above 0: the best state is chosen on these images");
}

/// What only one kind of contents knows must not be set for the other.
void check_contents(const ClsConfig& cls, Problems& problems) {
    const ClsConfig usual;
    const auto refuse = [&](bool set, const std::string& field, const std::string& contents) {
        if (set) problems.add("cls." + field, "is for cls.contents: " + contents + " alone: leave it away");
    };
    if (cls.contents == SharedContents::bit_planes) {
        refuse(cls.place_rounds != usual.place_rounds, "place_rounds", "cells");
        return;
    }
    refuse(cls.planes != usual.planes, "planes", "bit_planes");
    refuse(!cls.plane_ratios.empty(), "plane_ratios", "bit_planes");
    refuse(cls.crossbar != usual.crossbar, "crossbar", "bit_planes");
    refuse(cls.share.cluster.padding != usual.share.cluster.padding, "padding", "bit_planes");
}

void check_implementations(const RunConfig& config, Problems& problems) {
    const Implementations& made = config.implementations;
    const auto check_one = [&](const std::string& section, Implementation implementation) {
        if (implementation == Implementation::rtl && !has_twins())
            problems.add(section + ".impl",
                         "is rtl, but this program was built without Verilator: install the package "
                         "'verilator' and configure with -DVEILRAM_COSIM=ON, or take cycle or systemc");
        if (implementation != Implementation::systemc && config.fidelity == Fidelity::functional)
            problems.add(section + ".impl", "has no meaning for fidelity: functional: take lt or cycle");
    };
    check_one("gsl", made.gsl);
    check_one("converter", made.converter);
    check_one("res", made.res);
    if (made.gsl == Implementation::systemc) return;
    if (config.compile.array.segments() > static_cast<int>(GslPins::kSegments))
        problems.add("gsl.impl", "has pins for " + std::to_string(GslPins::kSegments) +
                                     " segments a row; crossbars have " +
                                     std::to_string(config.compile.array.segments()));
    if (config.compile.map.vectors() > static_cast<int>(GslPins::kVectors))
        problems.add("gsl.impl", "has registers for " + std::to_string(GslPins::kVectors) +
                                     " vectors; crossbars have " + std::to_string(config.compile.map.vectors()));
}

void check_sharing(const ClsConfig& cls, Problems& problems) {
    check_contents(cls, problems);
    if (cls.ratio <= 0) problems.add("cls.ratio", "must be above 0: there is at least one cluster");
    const std::vector<float>& ratios = cls.plane_ratios;
    if (!ratios.empty() && ratios.size() != kPlanes)
        problems.add("cls.plane_ratios", "has " + std::to_string(ratios.size()) + " values: give one for each of the " +
                                             std::to_string(kPlanes) + " planes, the highest first, or none");
    const bool fit = std::all_of(ratios.begin(), ratios.end(), [](float r) { return r > 0 && r <= 1; });
    if (!fit) problems.add("cls.plane_ratios", "must be above 0 and at most 1 for every plane");
}

} // namespace

void check(const RunConfig& config, const FieldPlaces& places, Diagnostics& out) {
    Problems problems(places, out);
    if (config.network.path.empty()) problems.add("network.path", "is empty: name the ONNX file of the network");
    check_input(config.compile.input, problems);
    check_data(config.data, problems);
    check_array(config.compile.array, problems);
    if (config.fidelity != Fidelity::functional && !config.costs)
        problems.add("costs", "is missing: fidelity " + name_of(config.fidelity) +
                                  " needs a cost table (include one of configs/costs), or take fidelity: functional");
    check_device(config.device, config.fidelity,
                 config.fidelity == Fidelity::cycle ||
                     (config.fidelity == Fidelity::lt && !config.cycle.layers.empty()),
                 problems);
    if (config.cycle.clock == Ps{}) problems.add("cycle.clock", "must be above 0");
    check_implementations(config, problems);
    if (config.trace.to != Ps{} && config.trace.to <= config.trace.from)
        problems.add("trace.to", "must be after trace.from, or 0 ns");
    check_sharing(config.cls, problems);
    check_learning("tune", config.tuning.tune.learning_rate, config.tuning.tune.validation_share, problems);
    check_learning("train", config.training.train.learning_rate, config.training.train.validation_share, problems);
}

RunConfig load_run_config(const std::string& path, const std::vector<std::string>& settings) {
    Diagnostics problems;
    const ConfigValue root = load_tree(path, settings, problems);
    RunConfig config;
    FieldPlaces places(path);
    Reader reader(root, places, problems);
    fields(reader, config);
    reader.finish();
    problems.raise(); // values that could not be read are not judged
    check(config, places, problems);
    problems.raise();
    return config;
}

namespace {

/// "conv1" or "conv1 100..199".
ClockedWindow parse_window(const std::string& text, const std::string& name) {
    ClockedWindow window;
    if (text.size() == name.size()) return window;
    std::size_t first = 0, last = 0;
    char more = 0;
    if (std::sscanf(text.c_str() + name.size(), " %zu..%zu%c", &first, &last, &more) != 2 || last < first)
        throw UserError("cycle.layers: '" + text +
                        "': expected the name of a layer, or a name and positions such as 'conv1 0..99'");
    window.first = first;
    window.count = last - first + 1;
    return window;
}

} // namespace

std::map<std::size_t, ClockedWindow> clocked_layers(const CycleConfig& cycle, Fidelity fidelity,
                                                    const Program& program) {
    const std::vector<std::size_t> nodes = matrix_nodes(program.graph);
    std::map<std::size_t, ClockedWindow> clocked;
    for (std::size_t l = 0; fidelity == Fidelity::cycle && l < nodes.size(); ++l) clocked[l] = {};
    for (const std::string& text : cycle.layers) {
        const std::string name = text.substr(0, text.find(' '));
        std::string names;
        bool found = false;
        for (std::size_t l = 0; l < nodes.size(); ++l) {
            names += (names.empty() ? "" : ", ") + program.graph.nodes[nodes[l]].name;
            if (program.graph.nodes[nodes[l]].name != name) continue;
            clocked[l] = parse_window(text, name);
            found = true;
        }
        if (!found) throw UserError("cycle.layers: no layer '" + name + "'; there are: " + names);
    }
    return clocked;
}

bool tuned_outputs(const RunConfig& config) {
    return !config.network.tuned.empty() && config.tuning.tune.part == TunedPart::outputs;
}

RunConfig load_device_config(const std::string& path, const std::vector<std::string>& settings) {
    RunConfig config = load_run_config(path, settings);
    if (tuned_outputs(config)) config.compile.quant.outputs = OutputScale::trained;
    return config;
}

std::string dump(const RunConfig& config, const std::string& folder) {
    RunConfig copy = config; // a visitor may write to what it visits
    Writer writer(folder);
    fields(writer, copy);
    return writer.yaml();
}

std::string describe() {
    RunConfig defaults;
    Describer describer;
    fields(describer, defaults);
    return "# Configuration reference\n\n"
           "Written by `veilram --describe`. A file is YAML; `include: other.yaml` (or a list) at the top reads other "
           "files first, later values\n"
           "override earlier ones, and `--set section.key=value` on the command line overrides all. Paths are relative "
           "to the file that names\n"
           "them; in `--set`, to the current directory. Times and energies carry their unit (`50 ns`, `1.2 pJ`). "
           "Unknown keys are errors.\n\n" +
           describer.markdown();
}

void check_isaac(const RunConfig& config, const std::string& path) {
    if (!config.costs || !config.isaac)
        throw UserError(path + ": needs both tables: include configs/costs/reram_32nm.yaml and "
                               "configs/costs/isaac_32nm.yaml");
    const int bits = config.isaac->config.bits;
    if (bits != 8 && bits != 16) throw UserError(path + ": isaac.bits: " + std::to_string(bits) + ": expected 8 or 16");
}

} // namespace veilram
