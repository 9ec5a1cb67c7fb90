#include "models/base/file.hpp"
#include "models/base/parallel.hpp"
#include "models/image/sign_flips.hpp"
#include "tb/cli/commands.hpp"
#include "tb/cli/report.hpp"
#include "tb/cli/sfge_key.hpp"
#include "tb/cli/workload.hpp"

#include <ostream>

namespace veilram {
void compile_command(const FileArgs& args, std::ostream& out) {
    const RunConfig config = load_device_config(args.config.config, args.config.settings);
    set_threads(static_cast<std::size_t>(config.threads));
    check_writable(args.out);
    const std::optional<SfgeKey> flips = choose_sign_flips(config, key_gradients(config));
    const QuantisedNetwork network = network_to_compile(config);
    FolderStore layers(args.out + ".layers");
    Compiled device = compile(network.graph, network.activations, config.compile, layers, network.calibration);
    if (flips) add_sign_flips(device, layers, *flips, config.compile.keys);
    const LeakageReport leakage = report_leakage(device.program, layers, device.secrets);
    write_image(FlippedSigns(device.program, layers, device.secrets), device.image.memory, args.out);
    layers.remove();
    print_layers(device.storage, leakage, out);
    print_storage(device.storage, out);
    print_leakage(leakage, out);
    out << "image\n  " << args.out << "\n";
}

} // namespace veilram
