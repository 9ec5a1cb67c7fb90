#include "tb/cli/share_cells.hpp"

#include "models/base/file.hpp"
#include "models/image/calibration_run.hpp"
#include "models/image/sc_engine.hpp"
#include "tb/cli/report_head.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <numeric>
#include <ostream>

namespace veilram {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t sum_of(const std::vector<std::int64_t>& values) {
    return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

/// Two rows of a pair share a bit line: they flip together.
ShareConfig config_of(const ClsConfig& cls) {
    ShareConfig config = cls.share;
    config.cluster.row_group = 2;
    return config;
}

/// Crossbars that share, and the device made of what they then hold.
struct SharedDevice {
    NvmPart nvm;
    std::vector<LayerSecrets> secrets; ///< with the weight sums of these cells
    ShareStorage storage;
    std::int64_t bits = 0, clustered = 0, flipped = 0, placed = 0; ///< all, and mismatches after each step
};

SharedDevice share_device(const Compiled& compiled, const RunConfig& config) {
    MatrixSet set;
    for (const BitMatrix& cells : compiled.image.nvm.cells) set.add(cells);
    const ShareConfig sharing = config_of(config.cls);
    const auto k = static_cast<std::size_t>(std::floor(config.cls.ratio * static_cast<double>(set.count())));
    Shared shared = share(set, first_members(set.count(), std::max<std::size_t>(k, 1), config.cls.seed), sharing);
    SharedDevice device;
    device.bits = static_cast<std::int64_t>(set.count() * set.rows() * set.cols());
    device.clustered = sum_of(shared.clustered);
    device.flipped = sum_of(shared.mismatches);
    shared = share_placed(set, shared, sharing, static_cast<std::size_t>(config.compile.array.segment),
                          config.cls.place_rounds);
    device.placed = sum_of(shared.mismatches);
    device.storage = shared.storage(set, sharing);
    device.nvm.signs = compiled.image.nvm.signs;
    for (std::size_t i = 0; i < set.count(); ++i) device.nvm.cells.push_back(shared.rebuilt(set, i));
    device.secrets = compiled.secrets;
    for (std::size_t l = 0; l < device.secrets.size(); ++l)
        device.secrets[l].weight_sums = realised_weight_sums(compiled.program, device.nvm, l, device.secrets[l]);
    return device;
}

/// Shares of right answers: cells of their own, shared, shared with re-estimated outputs.
struct CellAccuracies {
    double own = 0.0, shared = 0.0, re_estimated = 0.0;
};

CellAccuracies measure(const Compiled& compiled, const SharedDevice& device, const QuantisedNetwork& network,
                       const Dataset& test) {
    const auto accuracy_of = [&](const Program& program, const NvmPart& nvm, const std::vector<LayerSecrets>& secrets,
                                 const char* what) {
        ScEngine engine(program, nvm, secrets);
        return accuracy(predict(program.graph, engine, test, program.input, what), test);
    };
    CellAccuracies accuracies;
    accuracies.own = accuracy_of(compiled.program, compiled.image.nvm, compiled.secrets, "crossbars of their own");
    accuracies.shared = accuracy_of(compiled.program, device.nvm, device.secrets, "shared");
    Program program = compiled.program;
    re_estimate_outputs(program, device.nvm, device.secrets, network.graph, network.calibration.images);
    accuracies.re_estimated = accuracy_of(program, device.nvm, device.secrets, "shared, re-estimated");
    return accuracies;
}

Json to_json(const CellAccuracies& accuracies, const SharedDevice& device, std::size_t images,
             const ConfigArgs& config) {
    const ShareStorage& s = device.storage;
    Json json = report_head(config, kShareFormat);
    json.update({{"accuracy",
                  {{"images", images},
                   {"own", accuracies.own},
                   {"shared", accuracies.shared},
                   {"re_estimated", accuracies.re_estimated}}},
                 {"mismatches",
                  {{"bits", device.bits},
                   {"clustered", device.clustered},
                   {"flipped", device.flipped},
                   {"placed", device.placed}}},
                 {"storage",
                  {{"crossbars", s.matrices},
                   {"clusters", s.clusters},
                   {"cells_before", s.cells_before},
                   {"centroid_cells", s.centroid_cells},
                   {"metadata_cells", s.metadata_cells}}}});
    return json;
}

void print(const CellAccuracies& accuracies, const SharedDevice& device, std::size_t images, std::ostream& out) {
    const ShareStorage& s = device.storage;
    out << std::fixed << std::setprecision(2) << "accuracy, " << images << " images, bit-true\n  own crossbars "
        << accuracies.own * 100 << " %, shared " << accuracies.shared * 100 << " %, outputs re-estimated "
        << accuracies.re_estimated * 100 << " %\n";
    const auto percent = [&](std::int64_t bits) {
        return 100 * static_cast<double>(bits) / static_cast<double>(device.bits);
    };
    out << "mismatched cells\n  clustered " << percent(device.clustered) << " %, flipped " << percent(device.flipped)
        << " %, ones placed " << percent(device.placed) << " %\n";
    out << "storage\n  " << s.matrices << " crossbars on " << s.clusters << ", compression " << std::setprecision(3)
        << static_cast<double>(s.cells_before) / static_cast<double>(s.cells()) << " with metadata\n"
        << std::defaultfloat;
}

} // namespace

void share_cells(const ShareArgs& args, const RunConfig& config, const Graph& graph, const Dataset& test,
                 std::ostream& out) {
    const QuantisedNetwork network = quantise_network(graph, load_calibration(config), config);
    const Compiled compiled = compile(network.graph, network.activations, config.compile, network.calibration);
    const SharedDevice device = share_device(compiled, config);
    const CellAccuracies accuracies = measure(compiled, device, network, test);
    if (!args.json.empty())
        write_file(args.json, to_json(accuracies, device, test.count(), args.config).dump(2) + "\n");
    print(accuracies, device, test.count(), out);
}

} // namespace veilram
