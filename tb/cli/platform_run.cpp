#include "tb/cli/platform_run.hpp"

#include "hw/sim/sim_time.hpp"
#include "models/base/progress.hpp"
#include "tb/cli/stopwatch.hpp"
#include "tb/host/system.hpp"

#include <algorithm>
#include <memory>
#include <optional>

namespace veilram {
namespace {

/// Time and energy between two moments of a simulation.
class Meter {
public:
    explicit Meter(const sc_core::sc_object& root)
        : root_(root), time_(sc_core::sc_time_stamp()), energy_(total_energy(root)), costs_(costs()) {}
    Phase since() const {
        return {to_ps(sc_core::sc_time_stamp() - time_), total_energy(root_) - energy_, costs() - costs_};
    }

private:
    const sc_core::sc_object& root_;
    ModuleCosts costs() const { return module_costs(collect_stats(root_), root_.name()); }

    sc_core::sc_time time_;
    Fj energy_;
    ModuleCosts costs_;
};

class Session {
public:
    Session(const Device& device, const RunConfig& config, const Dataset& data, const std::string& folder)
        : device_(device), config_(config), data_(data), memory_(flatten(device.memory)),
          system_("veilram", chip_for(device, config), memory_.size(), dram_spec(config.dram)),
          recorder_(open_recorder(config.trace, folder, "run", system_.platform, &system_.platform.chip)) {}

    TargetRun run() {
        system_.run([this] { body(); });
        return std::move(run_);
    }

private:
    Host& host() { return system_.host; }

    void body() {
        host().program(*device_.nvm);
        host().load_memory(memory_);
        first_life();
        second_life();
        run_.dump = std::make_shared<NvmPart>(host().dump(device_.program));
        if (host().dump_memory(memory_.size()) != memory_) throw ModelError("the memory changed during the run");
        run_.stats = collect_stats(system_.platform);
    }

    void first_life() {
        run_.timing = Timing{};
        Meter boot(system_.platform);
        boot_chip();
        run_.timing->boot = boot.since();
        infer(static_cast<std::size_t>(config_.trace.image));
        Meter off(system_.platform);
        if (!host().power_off()) throw ModelError("the chip did not power off in order");
        run_.timing->power_off = off.since();
        if (recorder_) run_.files = recorder_->finish();
    }

    void second_life() {
        boot_chip();
        Progress progress("target, lt", data_.count());
        const Stopwatch watch;
        Meter all(system_.platform);
        const auto batch = static_cast<std::size_t>(config_.res.batch);
        for (std::size_t first = 0; first < data_.count(); first += batch) {
            const std::size_t count = std::min(batch, data_.count() - first);
            keep(infer(first, count), count);
            progress.step(count);
        }
        run_.wall_s = watch.wall_s();
        run_.cpu_s = watch.cpu_s();
        const auto images = static_cast<std::int64_t>(data_.count());
        const Phase sum = all.since();
        run_.timing->inference = {Ps{sum.time.value / images}, Fj{sum.energy.value / images}, sum.costs / images};
        if (!host().power_off()) throw ModelError("the chip did not power off in order");
    }

    void boot_chip() {
        host().power_on();
        if (host().boot()) return;
        const auto fault = static_cast<ResFault>(host().status().fault);
        throw UserError("the chip refused the image at boot: " + to_string(fault));
    }

    std::vector<float> infer(std::size_t first, std::size_t count = 1) {
        auto logits = host().infer(data_.image(first), count * data_.image_size(), count);
        if (logits.empty())
            throw UserError("the chip refused " + std::to_string(count) +
                            " images at once: its input window holds 16 MiB; choose a smaller res.batch");
        return logits;
    }

    void keep(const std::vector<float>& logits, std::size_t images) {
        const auto classes = static_cast<std::ptrdiff_t>(logits.size() / images);
        for (auto row = logits.begin(); row != logits.end(); row += classes) {
            run_.logits.emplace_back(row, row + classes);
            run_.predictions.push_back(static_cast<int>(std::max_element(row, row + classes) - row));
        }
    }

    const Device& device_;
    const RunConfig& config_;
    const Dataset& data_;
    const Bytes memory_;
    System system_;
    std::unique_ptr<Recorder> recorder_; ///< after the system: closed before it
    TargetRun run_;
};

} // namespace

std::unique_ptr<Recorder> open_recorder(const TraceConfig& trace, const std::string& folder, const std::string& name,
                                        const sc_core::sc_object& root, VeilRam* chip) {
    if (!trace.vcd) return nullptr;
    const RecorderConfig recorder{folder, name, trace.secrets, trace.select, trace.from, trace.to};
    return std::make_unique<Recorder>("recorder", recorder, root, chip);
}

std::optional<DramSpec> dram_spec(const DramChoice& choice) {
    if (choice.kind == DramKind::costs) return {};
    DramSpec spec = choice.kind == DramKind::ddr4_2400 ? ddr4_2400() : lpddr4_3200();
    spec.policy.mapping = choice.mapping;
    spec.policy.refresh = choice.refresh;
    return spec;
}

double peak_bandwidth(const RunConfig& config) {
    constexpr double kBurstBytes = 64;
    const auto spec = dram_spec(config.dram);
    ChipCosts costs;
    set_costs(costs, config.costs.value());
    if (!spec) return kBurstBytes / seconds(std::max(costs.dram_burst.time, Ps{1}));
    return spec->geometry.burst_bytes / (spec->geometry.burst_cycles * spec->timing.clock_ns * 1e-9);
}

std::vector<MemoryTraffic> memory_traffic(const Timing& timing, const RunConfig& config) {
    ChipCosts costs;
    set_costs(costs, config.costs.value());
    const auto traffic = [](const char* name, const Phase& phase, Ps besides) {
        const auto interface = phase.costs.modules.find("chip.dram");
        const Ps busy = interface == phase.costs.modules.end() ? Ps{} : interface->second.busy;
        return MemoryTraffic{name, phase.costs.memory_bytes, phase.time - busy - besides};
    };
    return {traffic("boot", timing.boot, costs.power_ramp.time), traffic("inference", timing.inference, Ps{})};
}

ChipConfig chip_for(const Device& device, const RunConfig& config) {
    ChipConfig chip = chip_of(device.memory, device.program);
    chip.device = config.device;
    chip.policy = config.res.policy;
    chip.hold_up = config.res.hold_up;
    chip.implementations = config.implementations;
    if (chip.implementations.res != Implementation::systemc && chip.layers > ResPins::kLayers)
        throw UserError("res.impl: has pins for " + std::to_string(ResPins::kLayers) + " layers; the network has " +
                        std::to_string(chip.layers) + ": take systemc");
    chip.ride_through = config.power.ride_through;
    chip.remanence = config.power.remanence;
    chip.clock = config.cycle.clock;
    chip.clocked = clocked_layers(config.cycle, config.fidelity, device.program);
    for (const auto& [layer, window] : chip.clocked) {
        const LayerProgram& program = device.program.layers[layer];
        for (std::size_t c = 0; c < program.crossbars.size(); ++c)
            chip.clocked_crossbars.insert(program.first_crossbar + static_cast<std::uint32_t>(c));
    }
    chip.sharing = config.sharing;
    if (chip.sharing.broadcast)
        throw UserError(
            "sharing.broadcast: gives crossbars streams from another's sign row, which no image is compiled "
            "for: `veilram explore` only; take false");
    if (!chip.clocked.empty() && (chip.sharing.converter > 1 || chip.sharing.adcs > 1))
        throw UserError("sharing: is not modelled clock by clock; take converter: 1 and adcs: 1, or no cycle.layers");
    chip.root_key = load_root_key(config.compile.keys);
    chip.minimum_version = config.compile.keys.version;
    set_costs(chip.costs, config.costs.value());
    if (config.dram.kind != DramKind::costs) chip.costs.dram_access = chip.costs.dram_burst = {}; // DRAM has its own
    return chip;
}

TargetRun run_platform(const Device& device, const RunConfig& config, const Dataset& data, const std::string& folder) {
    Session session(device, config, data, folder);
    return session.run();
}

} // namespace veilram
