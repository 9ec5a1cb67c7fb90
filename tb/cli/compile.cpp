#include "models/base/file.hpp"
#include "models/base/parallel.hpp"
#include "models/image/sign_flips.hpp"
#include "models/nn/onnx.hpp"
#include "tb/cli/commands.hpp"
#include "tb/cli/report.hpp"
#include "tb/cli/sfge_key.hpp"
#include "tb/cli/workload.hpp"

#include <ostream>
#include <utility>

namespace veilram {
namespace {

QuantisedNetwork network_to_compile(const RunConfig& config) {
    const Dataset calibration = load_calibration(config);
    const auto load = [&](const std::string& path) {
        Graph graph = import_onnx(path);
        check_fit(calibration, config, graph.in_shape, path);
        return quantise_network(std::move(graph), calibration, config);
    };
    if (config.network.tuned.empty()) return load(config.network.path);
    QuantisedNetwork tuned = load(config.network.tuned);
    if (tuned_outputs(config)) tuned.calibration.network = load(config.network.path).graph;
    return tuned;
}

} // namespace

void compile_command(const FileArgs& args, std::ostream& out) {
    const RunConfig config = load_device_config(args.config.config, args.config.settings);
    set_threads(static_cast<std::size_t>(config.threads));
    check_writable(args.out);
    const std::optional<SfgeKey> flips = choose_sign_flips(config, key_gradients(config));
    const QuantisedNetwork network = network_to_compile(config);
    FolderStore layers(args.out + ".layers");
    Compiled device = compile(network.graph, network.activations, config.compile, layers, network.calibration);
    if (flips) add_sign_flips(device, *flips, config.compile.keys);
    const LeakageReport leakage = report_leakage(device.program, layers, device.secrets);
    write_image(FlippedSigns(device.program, layers, device.secrets), device.image.memory, args.out);
    layers.remove();
    print_layers(device.storage, leakage, out);
    print_storage(device.storage, out);
    print_leakage(leakage, out);
    out << "image\n  " << args.out << "\n";
}

} // namespace veilram
