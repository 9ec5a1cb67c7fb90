// `train` and `tune`: the commands that need libtorch.
#include "models/base/parallel.hpp"
#include "models/base/file.hpp"
#include "models/nn/topologies.hpp"
#include "models/nn/onnx.hpp"
#include "tb/cli/commands.hpp"
#include "tb/cli/run_config.hpp"
#include "tb/cli/workload.hpp"

#include <iomanip>
#include <ostream>

namespace veilram {
namespace {

/// The training images of the configuration and `digits` generated ones. Test images are never looked at.
Dataset training_images(const DataConfig& config, int digits) {
    Dataset images = load_data(config, Split::train);
    if (digits == 0) return images;
    return join(images, generate_digits(config.seed, Split::train, static_cast<std::size_t>(digits)));
}

/// The command that makes a file, to be kept in it.
std::string command_line(const char* command, const FileArgs& args) {
    std::string line = std::string("veilram ") + command + " " + args.config.config;
    for (const std::string& setting : args.config.settings) line += " --set '" + setting + "'";
    return line + " --out " + args.out;
}

std::ostream& percent(std::ostream& out, double share) {
    return out << std::fixed << std::setprecision(2) << share * 100 << " %";
}

} // namespace

void train_command(const FileArgs& args, std::ostream& out) {
    const RunConfig config = load_run_config(args.config.config, args.config.settings);
    set_threads(static_cast<std::size_t>(config.threads));
    check_writable(args.out);
    const TrainingConfig& training = config.training;
    const Graph topology = training.topology == Topology::lenet5 ? lenet5() : import_onnx(config.network.path);
    const Dataset images = training_images(config.data, training.digits);
    check_fit(images, config, topology.in_shape, "the topology " + topology.name);
    const TrainResult result = train(topology, images, config.compile.input, training.train);
    for (std::size_t i = 0; i < result.epochs.size(); ++i) {
        out << "epoch " << std::setw(3) << i + 1 << "  loss " << std::fixed << std::setprecision(4)
            << result.epochs[i].loss << "  validation ";
        percent(out, result.epochs[i].validation_accuracy) << "\n";
    }
    export_onnx(result.graph, args.out, command_line("train", args));
    percent(out << "kept the epoch with validation ", result.validation_accuracy)
        << "\nnetwork\n  " << args.out << "\n";
}

void tune_command(const FileArgs& args, std::ostream& out) {
    const RunConfig config = load_run_config(args.config.config, args.config.settings);
    set_threads(static_cast<std::size_t>(config.threads));
    check_writable(args.out);
    const Graph graph = import_onnx(config.network.path);
    const Dataset images = training_images(config.data, config.tuning.digits);
    check_fit(images, config, graph.in_shape, config.network.path);
    const QuantisedNetwork network = quantise_network(graph, load_calibration(config), config);
    TuneResult result = tune(network.graph, network.activations, config.compile, config.tuning.tune, images);
    for (const SolveReport& solve : result.solves) {
        out << "step " << std::setw(6) << solve.step << "  loss " << std::fixed << std::setprecision(4) << solve.loss
            << "  error " << std::setprecision(3) << solve.mean_abs_error << " counts  bit-true validation ";
        percent(out, solve.validation_accuracy) << "\n";
    }
    result.graph.activations = network.activations;
    export_onnx(result.graph, args.out, command_line("tune", args));
    percent(out << "kept the mapping with bit-true validation ", result.validation_accuracy)
        << "\nnetwork\n  " << args.out << "\n";
}

} // namespace veilram
