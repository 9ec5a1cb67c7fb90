// Time and energy of a network on the protected chip and on ISAAC, layer by layer, and what scheduling costs.
#include "models/arch/bandwidth.hpp"
#include "models/arch/life.hpp"
#include "models/arch/machines.hpp"
#include "models/arch/res_plan.hpp"
#include "models/base/file.hpp"
#include "models/nn/onnx.hpp"
#include "models/sfge/key.hpp"
#include "tb/cli/commands.hpp"
#include "tb/cli/platform_run.hpp"
#include "tb/cli/report_head.hpp"
#include "tb/cli/run_config.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>

namespace veilram {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kFormat = 1;

ScMachine sc_machine(const RunConfig& config, const IsaacConfig& isaac) {
    ScMachine machine;
    machine.array = config.compile.array;
    machine.n = config.compile.map.n;
    machine.converter = config.compile.converter.kind;
    set_costs(machine.costs, *config.costs);
    machine.surroundings = surroundings(isaac);
    machine.sharing = config.sharing;
    return machine;
}

Json to_json(const LayerEstimate& layer) {
    Json stages = Json::object(), energy = Json::object();
    for (const Stage& stage : layer.stages)
        stages[stage.name] = {{"ps", stage.time.value},
                              {"units", stage.units},
                              {"utilisation", layer.utilisation(stage)},
                              {"mean_utilisation", layer.mean_utilisation(stage)}};
    for (const EnergyPart& part : layer.energy) energy[part.name] = part.energy.value;
    return {{"layer", layer.work.name}, {"products", layer.work.products()},
            {"arrays", layer.arrays},   {"tiles", layer.tiles},
            {"ps", layer.time.value},   {"bottleneck", layer.bottleneck().name},
            {"stages", stages},         {"energy_fj", energy}};
}

Json to_json(const NetworkEstimate& network) {
    Json layers = Json::array();
    for (const LayerEstimate& layer : network.layers) layers.push_back(to_json(layer));
    return {{"arrays", network.arrays()},
            {"ps", network.time().value},
            {"array_seconds", network.array_seconds()},
            {"fj", network.energy().value},
            {"layers", layers}};
}

void print_layers(const NetworkEstimate& sc, const NetworkEstimate& isaac, std::ostream& out) {
    out << "layer                       crossbars    time us  limited by  used    uJ |   arrays    time us        uJ | "
           "speed-up  energy\n";
    for (std::size_t l = 0; l < sc.layers.size(); ++l) {
        const LayerEstimate &a = sc.layers[l], &b = isaac.layers[l];
        out << std::left << std::setw(26) << a.work.name.substr(0, 25) << std::right << std::fixed << std::setw(11)
            << a.arrays << std::setprecision(2) << std::setw(11) << microseconds(a.time) << "  " << std::left
            << std::setw(10) << a.bottleneck().name << std::right << std::setw(5) << std::setprecision(0)
            << 100.0 * a.utilisation(a.bottleneck()) << "%" << std::setprecision(3) << std::setw(10)
            << microjoules(a.total_energy()) << " |" << std::setw(9) << b.arrays << std::setprecision(2)
            << std::setw(11) << microseconds(b.time) << std::setprecision(3) << std::setw(10)
            << microjoules(b.total_energy()) << " |" << std::setprecision(2) << std::setw(9)
            << seconds(b.time) / seconds(a.time) << std::setw(8) << joules(a.total_energy()) / joules(b.total_energy())
            << "\n";
    }
}

/// Units of every stage of the protected chip, and how much they are used: the busiest one, and the mean.
void print_stages(const NetworkEstimate& sc, std::ostream& out) {
    out << "layer                       tiles";
    for (const Stage& stage : sc.layers.at(0).stages) out << std::right << std::setw(24) << stage.name;
    out << "\n";
    for (const LayerEstimate& layer : sc.layers) {
        out << std::left << std::setw(26) << layer.work.name.substr(0, 25) << std::right << std::setw(7) << layer.tiles
            << std::fixed << std::setprecision(0);
        for (const Stage& stage : layer.stages)
            out << std::setw(10) << stage.units << std::setw(6) << 100.0 * layer.utilisation(stage) << "%"
                << std::setw(6) << 100.0 * layer.mean_utilisation(stage) << "%";
        out << "\n";
    }
}

void print_network(const char* name, const NetworkEstimate& network, std::ostream& out) {
    out << "  " << std::left << std::setw(22) << name << std::right << std::setw(9) << network.arrays() << " arrays"
        << std::fixed << std::setprecision(2) << std::setw(13) << microseconds(network.time()) << " us" << std::setw(13)
        << microjoules(network.energy()) << " uJ\n";
}

/// As many weights of each layer as `sfge` chooses.
ResWorkload res_workload(const NetworkEstimate& network, const RunConfig& config, const ChipCosts& costs) {
    ResWorkload workload;
    for (const LayerEstimate& layer : network.layers)
        workload.weights.push_back(
            static_cast<std::int64_t>(chosen_count(static_cast<std::size_t>(layer.work.weights()), config.sfge.count)));
    workload.pulse = costs.cell_write;
    workload.batch = config.res.batch;
    return workload;
}

/// What weights that are wrong at rest cost: on ISAAC cells, and as flipped signs of the protected chip.
Json explore_res(const RunConfig& config, const NetworkEstimate& sc, const NetworkEstimate& isaac, int isaac_cells,
                 const ChipCosts& costs, std::ostream& out) {
    out << "runtime encryption, " << config.sfge.count.most << " weights of a tensor, batch " << config.res.batch
        << "\n  where                 policy      weight writes  cell writes   time added   energy uJ   images at 1e6, "
           "1e9, 1e12 writes\n";
    Json rows = Json::array();
    for (const auto& [place, network, cells] :
         {std::tuple("ISAAC, whole weights", &isaac, isaac_cells), std::tuple("1T4R, sign bits", &sc, 1)})
        for (const auto& [name, policy] : choices<ResPolicy>()) {
            ResWorkload workload = res_workload(*network, config, costs);
            workload.cells_per_weight = cells;
            const ResCosts costs_of = res_costs(workload, *network, policy);
            const double share = costs_of.added / seconds(network->time());
            out << "  " << std::left << std::setw(22) << place << std::setw(10) << name << std::right << std::fixed
                << std::setprecision(1) << std::setw(15) << costs_of.weight_writes << std::setw(13)
                << costs_of.cell_writes << std::setprecision(2) << std::setw(11) << 100.0 * share << " %"
                << std::setprecision(4) << std::setw(12) << costs_of.energy * 1e6 << std::scientific
                << std::setprecision(1);
            Json lifetime = Json::object();
            for (const double endurance : {1e6, 1e9, 1e12}) out << std::setw(10) << costs_of.images_until(endurance);
            for (const char* endurance : {"1e6", "1e7", "1e8", "1e9", "1e10", "1e11", "1e12"})
                if (costs_of.writes_of_a_cell > 0.0) lifetime[endurance] = costs_of.images_until(std::stod(endurance));
            out << "\n";
            rows.push_back({{"place", place},
                            {"policy", name},
                            {"weight_writes", costs_of.weight_writes},
                            {"cell_writes", costs_of.cell_writes},
                            {"seconds_added", costs_of.added},
                            {"time_share", share},
                            {"joules", costs_of.energy},
                            {"images_at_endurance", lifetime}});
        }
    return rows;
}

void print_area(const char* chip, const std::vector<AreaPart>& parts, std::ostream& out) {
    const Component total = total_of(parts);
    out << "  " << chip << ": " << std::fixed << std::setprecision(2) << square_millimetres(total.area) << " mm2:";
    for (const AreaPart& part : parts)
        out << " " << part.name << " " << std::setprecision(1)
            << 100.0 * square_millimetres(part.total.area) / square_millimetres(total.area) << " %;";
    out << "\n";
}

Json to_json(const std::vector<AreaPart>& parts) {
    Json json = Json::object();
    for (const AreaPart& part : parts)
        json[part.name] = {
            {"instances", part.instances}, {"um2", part.total.area.value}, {"static_nw", part.total.power.value}};
    return json;
}

/// Area of both chips, and what is not plausible about what they draw.
Json explore_area(const ScComponents& components, const ScMachine& sc_chip, const IsaacConfig& isaac_chip,
                  const NetworkEstimate& sc, const NetworkEstimate& isaac, std::ostream& out) {
    const auto sc_parts = area_of(sc_chip, components, sc.arrays()), isaac_parts = area_of(isaac_chip, isaac.arrays());
    out << "area\n";
    print_area("protected", sc_parts, out);
    print_area("ISAAC", isaac_parts, out);
    std::vector<std::string> warnings = implausible("protected", sc, total_of(sc_parts));
    for (const std::string& warning : implausible("ISAAC", isaac, total_of(isaac_parts))) warnings.push_back(warning);
    for (const std::string& warning : warnings) out << "  warning: " << warning << "\n";
    return {{"protected", to_json(sc_parts)}, {"isaac", to_json(isaac_parts)}, {"warnings", warnings}};
}

Json to_json(const PhaseCost& phase) {
    const Cost total = phase.total();
    Json blocks = Json::object();
    for (const auto& [name, cost] : phase.blocks) blocks[name] = {{"ps", cost.time.value}, {"fj", cost.energy.value}};
    return {{"ps", total.time.value}, {"fj", total.energy.value}, {"blocks", blocks}};
}

void print_phase(const char* name, const Cost& cost, std::ostream& out) {
    out << "  " << std::left << std::setw(36) << name << std::right << std::fixed << std::setprecision(3)
        << std::setw(13) << microseconds(cost.time) << " us" << std::setw(13) << microjoules(cost.energy) << " uJ\n";
}

/// What the protected chip's life costs besides computing.
Json explore_life(const LifeEstimate& life, const NetworkEstimate& sc, std::ostream& out) {
    out << "phases of the protected chip, one image, steps one after another\n";
    print_phase("boot: opening sealed secrets", life.boot.total(), out);
    print_phase("unlocking all layers", life.unlock.total(), out);
    print_phase("computing", {sc.time(), sc.energy()}, out);
    print_phase("locking all layers", life.lock.total(), out);
    print_phase("power-off", life.power_off.total(), out);
    return {{"boot", to_json(life.boot)},
            {"unlock", to_json(life.unlock)},
            {"compute", {{"ps", sc.time().value}, {"fj", sc.energy().value}}},
            {"lock", to_json(life.lock)},
            {"power_off", to_json(life.power_off)},
            {"sealed_bytes", life.sealed_bytes}};
}

/// Boot fetches the blobs. Activations stay on the chip; if a layer's did not, they would go this way.
std::vector<MemoryTraffic> memory_traffic(const LifeEstimate& life, const NetworkEstimate& sc) {
    const auto dram = life.boot.blocks.find("chip.dram");
    const Ps fetching = dram == life.boot.blocks.end() ? Ps{} : dram->second.time;
    std::vector<MemoryTraffic> all{{"boot", life.fetched_bytes, life.boot.total().time - fetching}};
    for (const LayerEstimate& layer : sc.layers)
        all.push_back({"inference, layer " + layer.work.name + ", did its levels not stay on the chip",
                       layer.work.input_elements + layer.work.output_elements(), layer.time});
    return all;
}

Json explore_memory(const std::vector<MemoryTraffic>& traffic, double peak, std::ostream& out) {
    double most = 0.0;
    for (std::size_t phase = 1; phase < traffic.size(); ++phase) most = std::max(most, traffic[phase].needed());
    out << "memory: peak " << std::fixed << std::setprecision(2) << peak / 1e9 << " GB/s; boot needs "
        << traffic[0].needed() / 1e9 << ", the layer with the most levels a time would need " << most / 1e9 << "\n";
    const std::vector<std::string> warnings = implausible(traffic, peak);
    for (const std::string& warning : warnings) out << "  warning: " << warning << "\n";
    return {{"peak_bytes_per_s", peak},
            {"needed_bytes_per_s", {{"boot", traffic[0].needed()}, {"inference", most}}},
            {"warnings", warnings}};
}

RunConfig load_exploration(const ConfigArgs& args) {
    RunConfig config = load_device_config(args.config, args.settings);
    check_isaac(config, args.config);
    return config;
}

} // namespace

void explore_command(const ExploreArgs& args, std::ostream& out) {
    const RunConfig config = load_exploration(args.config);
    const IsaacConfig isaac_machine = isaac_config(*config.isaac);
    const ScMachine machine = sc_machine(config, isaac_machine);
    const std::string& path = config.network.path;
    const std::vector<LayerWork> work = layer_work(fold_batch_norm(import_onnx(path)));
    const NetworkEstimate sc = estimate(work, machine), isaac = estimate(work, isaac_machine);
    print_layers(sc, isaac, out);
    print_stages(sc, out);
    const double speed_up = seconds(isaac.time()) / seconds(sc.time()),
                 energy = joules(sc.energy()) / joules(isaac.energy());
    out << "network, layer after layer, one image\n";
    print_network("protected, 1T4R", sc, out);
    print_network(isaac_machine.bits == 16 ? "ISAAC, 16 bits" : "ISAAC, 8 bits", isaac, out);
    out << "  speed-up " << std::fixed << std::setprecision(3) << speed_up << ", energy " << energy
        << ", work of an array in a time " << isaac.array_seconds() / sc.array_seconds() << " of ISAAC's\n";
    Json json = report_head(args.config, kFormat);
    json["network"] = path;
    json["isaac_bits"] = isaac_machine.bits;
    json["speed_up"] = speed_up;
    json["energy_ratio"] = energy;
    json["array_ratio"] = isaac.array_seconds() / sc.array_seconds();
    json["protected"] = to_json(sc);
    json["isaac"] = to_json(isaac);
    if (config.components)
        json["area"] = explore_area(sc_components(*config.components), machine, isaac_machine, sc, isaac, out);
    const LifeEstimate life = life_of(sc, machine);
    json["phases"] = explore_life(life, sc, out);
    json["memory"] = explore_memory(memory_traffic(life, sc), peak_bandwidth(config), out);
    json["runtime_encryption"] = explore_res(config, sc, isaac, isaac_machine.cells_per_weight(), machine.costs, out);
    if (args.json.empty()) return;
    write_file(args.json, json.dump(2) + "\n");
    out << "report\n  " << args.json << "\n";
}

} // namespace veilram
