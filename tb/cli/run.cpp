#include "models/base/parallel.hpp"
#include "models/nn/onnx.hpp"
#include "tb/cli/commands.hpp"
#include "tb/cli/device.hpp"
#include "tb/cli/platform_run.hpp"
#include "tb/cli/report.hpp"
#include "tb/cli/sfge_key.hpp"
#include "tb/cli/stopwatch.hpp"

namespace veilram {
namespace {

void check_traced_image(const RunConfig& config, std::size_t images) {
    const auto image = static_cast<std::size_t>(config.trace.image);
    if (config.fidelity == Fidelity::functional || image < images) return;
    throw UserError("trace.image: " + std::to_string(image) + " is not in 0.." + std::to_string(images - 1) +
                    ", the test images of this run: choose one of them, or run more");
}

GradientsOf gradients_for(const RunArgs& args, const RunConfig& config) {
    return args.image.empty() ? key_gradients(config) : GradientsOf{};
}

/// The signs to be flipped by this run, which an image has behind it.
std::optional<SfgeKey> flips_of(const RunArgs& args, const RunConfig& config, const GradientsOf& gradients_of) {
    if (!args.image.empty()) return std::nullopt;
    return choose_sign_flips(config, gradients_of);
}

/// Fills in the accuracies of the network as numbers, without crossbars, and returns the network to compile.
QuantisedNetwork measure_network(const RunConfig& config, const Dataset& test, RunReport& report) {
    const Graph baseline = import_onnx(config.network.path);
    check_fit(test, config, baseline.in_shape, config.network.path);
    const Dataset calibration = load_calibration(config);
    const auto measure = [&](const Graph& graph, MatrixEngine& engine, const char* what) {
        return accuracy(predict(graph, engine, test, config.compile.input, what), test);
    };
    FloatEngine float_engine;
    report.network = baseline.name;
    report.float_accuracy = measure(baseline, float_engine, "float");
    QuantisedNetwork network = quantise_network(baseline, calibration, config);
    ExactEngine exact = make_exact_engine(network, config.compile.quant.weights);
    report.quantised_accuracy = measure(network.graph, exact, "quantised");
    if (config.network.tuned.empty()) return network;

    const Graph tuned = import_onnx(config.network.tuned);
    check_fit(test, config, tuned.in_shape, config.network.tuned);
    QuantisedNetwork tuned_network = quantise_network(tuned, calibration, config);
    if (tuned_outputs(config)) tuned_network.calibration.network = network.graph;
    network = std::move(tuned_network);
    ExactEngine tuned_exact = make_exact_engine(network, config.compile.quant.weights);
    report.tuned_quantised_accuracy = measure(network.graph, tuned_exact, "fine-tuned, quantised");
    return network;
}

/// Opens the image of `network`; from then on `config` says what the image says.
Device open_device(const std::string& image, RunConfig& config, const Graph& network) {
    Device device = open_image(image, config.compile.keys);
    const Graph& graph = device.program.graph;
    if (graph.name != network.name || graph.in_shape != network.in_shape)
        throw UserError("--image " + image + ": holds network '" + graph.name + "' for inputs of " +
                        to_string(graph.in_shape) + ", but the configuration's is '" + network.name +
                        "': choose the configuration that it was compiled with");
    describe_device(device, config.compile);
    return device;
}

Device make_device(const RunArgs& args, RunConfig& config, const QuantisedNetwork& network,
                   const std::optional<SfgeKey>& flips) {
    if (!args.image.empty()) return open_device(args.image, config, network.graph);
    return compile_device(network, config, flips);
}

TargetRun run_target(const Device& device, const RunConfig& config, const Dataset& test, const std::string& folder) {
    if (config.fidelity == Fidelity::functional) return run_functional(device, config.device, test);
    return run_platform(device, config, test, folder);
}

void measure_device(const Device& device, const Dataset& test, const std::string& folder, RunReport& report) {
    report.target = run_target(device, report.config, test, folder);
    report.target_accuracy = accuracy(report.target.predictions, test);
    report.storage = device.storage;
    report.leakage = report_leakage(device.program, *report.target.dump, device.secrets);
    report.thief = real_thief(device.program);
    report.pirates = run_pirates(device, *report.target.dump, report.config, test);
}

} // namespace

void run_command(const RunArgs& args, std::ostream& out) {
    const Stopwatch watch;
    RunReport report;
    report.config = load_device_config(args.config.config, args.config.settings);
    const GradientsOf gradients_of = gradients_for(args, report.config);
    set_threads(static_cast<std::size_t>(report.config.threads));
    report.config_file = args.config.config;
    report.settings = args.config.settings;
    report.image_file = args.image;
    const Dataset test = load_test(report.config.data, args.images);
    report.images = test.count();
    check_traced_image(report.config, report.images);
    const std::optional<SfgeKey> flips = flips_of(args, report.config, gradients_of);
    const QuantisedNetwork network = measure_network(report.config, test, report);
    const Device device = make_device(args, report.config, network, flips);
    const std::string folder = make_report_folder(args.out, args.config.config);
    measure_device(device, test, folder, report);
    report.job_wall_s = watch.wall_s();
    write_report(report, folder);
    print_summary(report, folder, out);
}

} // namespace veilram
