#include "models/nn/onnx.hpp"
#include "tb/cli/commands.hpp"
#include "tb/cli/device.hpp"
#include "tb/cli/platform_run.hpp"
#include "tb/cli/report.hpp"

#include <chrono>
#include <ctime>
#include <filesystem>

namespace veilram {
namespace fs = std::filesystem;
namespace {

class Stopwatch {
public:
    double wall_s() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
    double cpu_s() const { return static_cast<double>(std::clock() - cpu_) / CLOCKS_PER_SEC; }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::clock_t cpu_ = std::clock();
};

/// The folder of the report, made if needed. Called when the device is ready: a refused run leaves no empty folder.
std::string make_folder(const RunArgs& args) {
    std::string folder =
        args.out.empty() ? (fs::path("runs") / fs::path(args.config.config).stem()).string() : args.out;
    std::error_code error;
    fs::create_directories(folder, error);
    if (error || !fs::is_directory(folder))
        throw UserError("--out " + folder + ": cannot make this folder: " + error.message());
    return folder;
}

/// Fills in the accuracies of the network as numbers, without crossbars, and returns the network to compile.
QuantisedNetwork measure_network(const RunConfig& config, const Dataset& test, RunReport& report) {
    const Graph baseline = import_onnx(config.network.path);
    check_fit(test, config.data, baseline.in_shape, config.network.path);
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
    check_fit(test, config.data, tuned.in_shape, config.network.tuned);
    network = quantise_network(tuned, calibration, config);
    ExactEngine tuned_exact = make_exact_engine(network, config.compile.quant.weights);
    report.tuned_quantised_accuracy = measure(network.graph, tuned_exact, "fine-tuned, quantised");
    return network;
}

Compiled make_device(const RunArgs& args, const RunConfig& config, const QuantisedNetwork& network,
                     const Dataset& test) {
    if (args.image.empty()) return compile(network.graph, network.activations, config.compile);
    Compiled device = open_image(args.image, config.compile.keys);
    check_fit(test, config.data, device.program.graph.in_shape, args.image);
    return device;
}

TargetRun run_target(const Compiled& device, const RunConfig& config, const Dataset& test, const std::string& folder) {
    if (config.fidelity == Fidelity::functional) return run_functional(device, test);
    return run_platform(device, config, test, folder);
}

void measure_device(const Compiled& device, const Dataset& test, const std::string& folder, RunReport& report) {
    const Stopwatch watch;
    report.target = run_target(device, report.config, test, folder);
    report.target_wall_s = watch.wall_s();
    report.target_cpu_s = watch.cpu_s();
    report.target_accuracy = accuracy(report.target.predictions, test);
    report.storage = device.storage;
    report.signs = device.program.signs;
    report.thief = real_thief(report.signs.mode);
    report.pirates = run_pirates(device, report.target.dump, report.config, test);
}

} // namespace

void run_command(const RunArgs& args, std::ostream& out) {
    const Stopwatch watch;
    RunReport report;
    report.config = load_run_config(args.config.config, args.config.settings);
    report.config_file = args.config.config;
    report.settings = args.config.settings;
    report.image_file = args.image;
    const Dataset test = load_test(report.config.data, args.images);
    report.images = test.count();
    const QuantisedNetwork network = measure_network(report.config, test, report);
    const Compiled device = make_device(args, report.config, network, test);
    std::string folder = make_folder(args);
    measure_device(device, test, folder, report);
    report.job_wall_s = watch.wall_s();
    write_report(report, folder);
    print_summary(report, folder, out);
}

} // namespace veilram
