// `veilram isaac`: a network on ISAAC's crossbars whose weights are protected by sparse fast gradient encryption.
#include "models/arch/res_policy.hpp"
#include "models/base/file.hpp"
#include "models/base/parallel.hpp"
#include "models/base/progress.hpp"
#include "tb/cli/commands.hpp"
#include "tb/cli/cut_report.hpp"
#include "tb/cli/plain_cells.hpp"
#include "tb/cli/platform_run.hpp"
#include "tb/cli/report_head.hpp"
#include "tb/cli/sfge_key.hpp"
#include "tb/cli/workload.hpp"
#include "tb/host/isaac_cuts.hpp"
#include "tb/host/system.hpp"

#include <algorithm>
#include <iomanip>
#include <memory>
#include <optional>
#include <ostream>

namespace veilram {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kFormat = 1;

RunConfig load_isaac(const ConfigArgs& args) {
    RunConfig config = load_run_config(args.config, args.settings);
    check_isaac(config, args.config);
    check_encrypts(config);
    const auto refuse = [&](bool set, const std::string& field) {
        if (set) throw UserError(args.config + ": " + field + ": ISAAC does not have it; leave it at its default");
    };
    refuse(config.implementations.any(Implementation::rtl) || config.implementations.any(Implementation::cycle),
           "gsl.impl, converter.impl, res.impl");
    refuse(config.fidelity != Fidelity::lt, "fidelity");
    refuse(!config.cycle.layers.empty(), "cycle.layers");
    refuse(config.dram.kind != DramKind::costs, "dram.kind");
    refuse(config.sharing.converter > 1 || config.sharing.adcs > 1 || config.sharing.broadcast, "sharing");
    return config;
}

/// With as many tiles as the network needs.
IsaacConfig chip_for(const RunConfig& config, const LevelImage& image) {
    IsaacConfig isaac = isaac_config(*config.isaac);
    const auto tile = static_cast<std::size_t>(isaac.arrays_per_ima * isaac.imas_per_tile);
    isaac.tiles = static_cast<int>((isaac_map(isaac, image.levels).arrays_used() + tile - 1) / tile);
    return isaac;
}

SealedIsaacConfig seal_for(const RunConfig& config, const LevelImage& image) {
    SealedIsaacConfig cfg;
    cfg.policy = config.res.policy;
    cfg.key_slot_bytes = key_slot_bytes(image.sealed);
    cfg.hold_up = config.res.hold_up;
    cfg.ride_through = config.power.ride_through;
    cfg.remanence = config.power.remanence;
    cfg.root_key = load_root_key(config.compile.keys);
    cfg.minimum_version = config.compile.keys.version;
    cfg.seed = config.compile.seed;
    set_costs(cfg.costs, *config.costs);
    return cfg;
}

/// One chip and its owner; one per process.
class IsaacRun {
public:
    IsaacRun(const RunConfig& config, const PlainCells& cells, Dataset test, const std::string& folder)
        : config_(config), cells_(cells), test_(std::move(test)),
          owner_("isaac", chip_for(config, cells.encrypted), seal_for(config, cells.encrypted), cells.encrypted),
          exact_(cells.clear.program.layers, cells.clear.levels),
          recorder_(open_recorder(config.trace, folder, "isaac", owner_.chip())) {}

    IsaacOwner& owner() { return owner_; }
    Json json() const { return json_; }
    std::vector<std::string> files() const { return files_; }

    void run(bool cuts, std::ostream& out) {
        owner_.run([&] {
            std::optional<IsaacCuts> chip; // made now: it knows the cells at rest
            if (cuts) chip.emplace(owner_, cells_.clear, images(0, 1), logits(0, 1));
            live(out);
            if (recorder_) files_ = recorder_->finish();
            if (!chip) return;
            PowerCuts everywhere(*chip, open_layers(config_.res.policy, cells_.patches.size()));
            json_["cuts"] = cut_all_phases(everywhere, out);
            for (const Stat& stat : collect_stats(owner_.chip()))
                for (const char* name : {"recoveries", "torn_pulses"})
                    if (stat.name == name) json_["cuts"]["stats"][name] = stat.value;
            out << "  " << json_["cuts"]["stats"]["torn_pulses"] << " pulses torn, "
                << json_["cuts"]["stats"]["recoveries"] << " layers written back at boot\n";
        });
    }

private:
    Tensor images(std::size_t first, std::size_t count) const {
        const LevelProgram& program = cells_.clear.program;
        return to_tensor(test_.image(first), count, program.graph.in_shape, program.input);
    }
    std::vector<float> logits(std::size_t first, std::size_t count) {
        return infer(cells_.clear.program.graph, images(first, count), exact_).data;
    }
    /// Images that got the logits of exact integers.
    std::size_t count_right(const std::vector<float>& got, std::size_t first, std::size_t count) {
        const std::vector<float> expected = logits(first, count);
        if (got.size() != expected.size()) return 0;
        const std::size_t classes = expected.size() / count;
        std::size_t right = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const auto at = static_cast<std::ptrdiff_t>(i * classes), end = at + static_cast<std::ptrdiff_t>(classes);
            right += std::equal(got.begin() + at, got.begin() + end, expected.begin() + at) ? 1U : 0U;
        }
        return right;
    }
    std::int64_t figure(const std::string& name) const {
        StatGroup group("writer");
        owner_.chip().writer.collect(group);
        for (const Stat& stat : group.stats())
            if (stat.name == name) return stat.value;
        throw ModelError("the write path has no figure '" + name + "'");
    }
    /// Simulated time of a step.
    template <class Step> Ps time_of(const Step& step) const {
        const auto begin = sc_core::sc_time_stamp();
        step();
        return to_ps(sc_core::sc_time_stamp() - begin);
    }
    void tell(const char* key, const std::string& what, Ps time, std::ostream& out) {
        json_[std::string(key) + "_ps"] = time.value;
        out << "  " << std::left << std::setw(34) << what << std::right << std::fixed << std::setprecision(3)
            << std::setw(14) << microseconds(time) << " us\n";
    }

    /// Boots, infers all images in batches of res.batch, powers off.
    void live(std::ostream& out) {
        const Bytes rest = owner_.dump();
        const Ps ramp = time_of([&] { owner_.power_on(); });
        bool booted = false;
        const Ps boot = time_of([&] { booted = owner_.boot(); });
        if (!booted) throw UserError("the chip refused the image");
        const std::size_t batch = std::min(static_cast<std::size_t>(config_.res.batch), test_.count());
        const std::int64_t before = figure("pulses");
        std::vector<float> first;
        const Ps inference = time_of([&] { first = owner_.infer(images(0, batch)); });
        const std::int64_t pulses = figure("pulses") - before;
        std::size_t right = count_right(first, 0, batch);
        Progress progress("images", test_.count());
        progress.step(batch);
        for (std::size_t at = batch; at < test_.count(); at += batch) {
            const std::size_t count = std::min(batch, test_.count() - at);
            right += count_right(owner_.infer(images(at, count)), at, count);
            progress.step(count);
        }
        bool orderly = false;
        const Ps off = time_of([&] { orderly = owner_.power_off(); });
        json_["images"] = test_.count();
        json_["right"] = right;
        json_["at_rest"] = orderly && owner_.dump() == rest;
        out << "  logits of " << right << " of " << test_.count() << " images are those of exact 8-bit integers; cells "
            << (json_["at_rest"] ? "" : "NOT ") << "at rest afterwards\n";
        tell("power_on", "power on", ramp, out);
        tell("boot", "encrypted boot", boot, out);
        tell("first_logits", "power on to the first logits", ramp + boot + inference, out);
        tell("inference", "an inference, batch of " + std::to_string(batch), inference, out);
        tell("power_off", "power-off", off, out);
        tell_wear(pulses, batch, out);
    }
    void tell_wear(std::int64_t pulses, std::size_t batch, std::ostream& out) {
        const std::int64_t cells = figure("worn_cells");
        json_["batch"] = batch;
        json_["pulses_per_inference"] = pulses;
        json_["worn_cells"] = cells;
        json_["most_pulses"] = figure("most_pulses");
        json_["stats"] = Json::array();
        for (const Stat& stat : collect_stats(owner_.chip()))
            json_["stats"].push_back(
                {{"block", stat.block}, {"name", stat.name}, {"value", stat.value}, {"unit", stat.unit}});
        out << "  " << pulses << " pulses an inference; " << cells
            << " cells worn in this life, the most worn of them by " << figure("most_pulses") << " pulses\n";
    }

    const RunConfig& config_;
    const PlainCells& cells_;
    const Dataset test_;
    IsaacOwner owner_;
    ExactEngine exact_;
    std::unique_ptr<Recorder> recorder_;
    Json json_;
    std::vector<std::string> files_;
};

} // namespace

void isaac_command(const IsaacArgs& args, std::ostream& out) {
    const RunConfig config = load_isaac(args.config);
    const GradientsOf gradients_of = key_gradients(config);
    set_threads(static_cast<std::size_t>(config.threads));
    const std::string folder = make_report_folder(args.out, args.config.config);
    const PlainCells cells = make_plain_cells(config, gradients_of);
    IsaacRun run(config, cells, load_test(config.data, args.images), folder);
    const IsaacMap& map = run.owner().map();
    out << "policy " << name_of(config.res.policy) << ", ISAAC of " << map.config().bits << " bits, "
        << map.arrays_used() << " crossbars, " << cells.key_weights << " weights encrypted at rest\n";
    run.run(args.cuts, out);
    Json json = report_head(args.config, kFormat);
    json["policy"] = name_of(config.res.policy);
    json["isaac_bits"] = map.config().bits;
    json["crossbars"] = map.arrays_used();
    json["encrypted_weights"] = cells.key_weights;
    json["hold_up_fj"] = config.res.hold_up.value;
    json.update(run.json());
    write_file(folder + "/isaac.json", json.dump(2) + "\n");
    out << "report\n  " << folder << "/isaac.json\n";
    if (json["right"] != json["images"] || !json["at_rest"])
        throw ModelError("logits are not those of exact integers, or cells are not at rest: more weights of one column "
                         "were encrypted than its converter has room for (docs/adr/0015), or the model is wrong");
    if (!run.files().empty()) out << "waveform\n  gtkwave " << folder << "/isaac.gtkw\n";
}

} // namespace veilram
