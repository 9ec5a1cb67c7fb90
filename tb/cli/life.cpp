// A chip's lives on the platform: scenarios, and power cuts at every event.
#include "models/base/file.hpp"
#include "models/base/parallel.hpp"
#include "models/image/sc_engine.hpp"
#include "models/image/sign_flips.hpp"
#include "models/nn/infer.hpp"
#include "tb/cli/commands.hpp"
#include "tb/cli/cut_report.hpp"
#include "tb/cli/platform_run.hpp"
#include "tb/cli/report_head.hpp"
#include "tb/cli/sfge_key.hpp"
#include "tb/host/host_cuts.hpp"
#include "tb/host/scenario.hpp"
#include "tb/host/system.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <iomanip>
#include <memory>
#include <ostream>

namespace veilram {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kFormat = 1;

Device compile_device(const RunConfig& config) {
    const std::optional<SfgeKey> flips = choose_sign_flips(config, key_gradients(config));
    return compile_device(network_to_compile(config), config, flips);
}

RunConfig load_life(const ConfigArgs& args) {
    RunConfig config = load_device_config(args.config, args.settings);
    if (!config.costs)
        throw UserError(args.config +
                        ": costs: is missing: the platform needs a cost table (include one of configs/costs)");
    if (config.device.is_noisy())
        throw UserError(args.config +
                        ": device.read_sigma and device.adc_noise are modelled in fidelity functional only: "
                        "take 0 here");
    if (config.device.has_static() && !config.cycle.layers.empty())
        throw UserError(args.config +
                        ": device: is not ideal, which is not modelled clock by clock: leave cycle.layers away");
    set_threads(static_cast<std::size_t>(config.threads));
    return config;
}

/// A chip, its factory and its owner. One per process.
class Life {
public:
    Life(const RunConfig& config, std::size_t images)
        : config_(config), device_(compile_device(config)), data_(load_test(config.data, images)),
          memory_(flatten(device_.memory)),
          system_("veilram", chip_for(device_, config), memory_.size(), dram_spec(config.dram)),
          engine_(device_.program, *device_.nvm, device_.secrets, config.device) {}

    const Device& device() const { return device_; }
    Host& host() { return system_.host; }
    System& system() { return system_; }
    std::size_t memory_bytes() const { return memory_.size(); }

    std::vector<std::uint8_t> pixels(std::size_t image) const {
        return {data_.image(image), data_.image(image) + data_.image_size()};
    }
    /// Of the functional fidelity.
    std::vector<float> logits(std::size_t image) {
        const Program& program = device_.program;
        return infer(program.graph, to_tensor(data_.image(image), 1, program.graph.in_shape, program.input), engine_)
            .data;
    }
    /// Runs `body` in the host's thread, on a chip fresh from the factory.
    void run(const std::function<void()>& body) {
        system_.run([&] {
            host().program(*device_.nvm);
            host().load_memory(memory_);
            body();
        });
    }

private:
    const RunConfig& config_;
    Device device_;
    Dataset data_;
    Bytes memory_;
    System system_;
    ScEngine engine_;
};

/// Throws UserError that names the file where a step is none; returns the number of test images that the steps need.
std::size_t check_scenario(const RunConfig& config, const std::string& file) {
    if (config.scenario.empty())
        throw UserError(file + ": scenario: is empty; list steps, of these: " + std::string(kScenarioHelp));
    std::size_t images = 1;
    for (const std::string& text : config.scenario) {
        const auto step = parse_step(text);
        if (!step)
            throw UserError(file + ": scenario: '" + text + "' is no step; there are: " + std::string(kScenarioHelp));
        images = std::max(images, step->image + 1);
    }
    return images;
}

void print(const ScenarioEvent& event, std::ostream& out) {
    out << std::right << std::fixed << std::setprecision(3) << std::setw(12) << microseconds(event.begin)
        << std::setw(12) << microseconds(event.end - event.begin) << "  " << std::left << std::setw(48) << event.step
        << std::setw(10) << event.state << event.outcome << (event.right ? "" : "  <- LOSS") << "\n";
}

Json to_json(const ScenarioEvent& event) {
    Json json{{"step", event.step},   {"begin_ps", event.begin.value}, {"end_ps", event.end.value},
              {"state", event.state}, {"outcome", event.outcome},      {"right", event.right}};
    if (event.cells)
        json["cells"] = {{"at_rest", event.cells->at_rest()},
                         {"layers_in_clear", event.cells->layers_in_clear.size()},
                         {"signs_in_clear", event.cells->signs_in_clear},
                         {"other_cells_differ", event.cells->more},
                         {"remanent_secret_bits", event.remanent.secrets},
                         {"remanent_activation_bits", event.remanent.activations}};
    return json;
}

} // namespace

void scenario_command(const LifeArgs& args, std::ostream& out) {
    const RunConfig config = load_life(args.config);
    const std::size_t images = check_scenario(config, args.config.config);
    const std::string folder = make_report_folder(args.out, args.config.config);
    Life life(config, images);
    const auto recorder =
        open_recorder(config.trace, folder, "scenario", life.system().platform, &life.system().platform.chip);
    Json json = report_head(args.config, kFormat);
    json["policy"] = name_of(config.res.policy);
    json["trace"] = {{"vcd", config.trace.vcd}, {"secrets", config.trace.secrets}};
    json["events"] = Json::array();
    out << "  begin (us)   took (us)  step" << std::string(44, ' ') << "state     outcome\n";
    life.run([&] {
        ScenarioPlayer player(life.host(), {life.device().program, life.device().secrets,
                                            [&](std::size_t image) { return life.pixels(image); },
                                            [&](std::size_t image) { return life.logits(image); }, life.memory_bytes(),
                                            [&] { return life.system().platform.chip.remanent(); }});
        for (const std::string& step : config.scenario) {
            const ScenarioEvent event = player.play(step);
            print(event, out);
            json["events"].push_back(to_json(event));
        }
    });
    write_file(folder + "/scenario.json", json.dump(2) + "\n");
    out << "report\n  " << folder << "/scenario.json\n";
    const std::vector<std::string> files = recorder ? recorder->finish() : std::vector<std::string>{};
    if (std::find(files.begin(), files.end(), "scenario_rtl.vcd") == files.end())
        std::remove((folder + "/scenario_rtl.vcd").c_str()); // an earlier run's, with its secrets
    if (files.empty()) return;
    out << "waveform\n  gtkwave " << folder << "/scenario.gtkw\n";
}

void cuts_command(const LifeArgs& args, std::ostream& out) {
    const RunConfig config = load_life(args.config);
    const std::string folder = make_report_folder(args.out, args.config.config);
    Life life(config, 1);
    Json json = report_head(args.config, kFormat);
    json["policy"] = name_of(config.res.policy);
    json["hold_up_fj"] = config.res.hold_up.value;
    json["flipped_signs"] = count_flips(life.device().secrets);
    out << "policy " << name_of(config.res.policy) << ", " << count_flips(life.device().secrets)
        << " signs flipped at rest\n";
    life.run([&] {
        const NvmPart rest = life.host().dump(life.device().program);
        HostCuts chip(life.host(),
                      {life.device().program, rest, life.device().secrets, life.pixels(0), life.logits(0)});
        PowerCuts cuts(chip, open_layers(config.res.policy, life.device().program.layers.size()));
        json.update(cut_all_phases(cuts, out));
    });
    json["stats"] = Json::object();
    for (const Stat& stat : collect_stats(life.system().platform))
        for (const char* name : {"recoveries", "torn_pulses"})
            if (stat.name == name) json["stats"][name] = stat.value;
    out << "  " << json["stats"]["torn_pulses"] << " pulses torn, " << json["stats"]["recoveries"]
        << " layers written back at boot\n";
    write_file(folder + "/cuts.json", json.dump(2) + "\n");
    out << "report\n  " << folder << "/cuts.json\n";
}

} // namespace veilram
