// What needs libtorch: `train`, `tune` and gradients.
#include "models/base/file.hpp"
#include "models/base/parallel.hpp"
#include "models/learn/gradients.hpp"
#include "models/nn/onnx.hpp"
#include "models/nn/topologies.hpp"
#include "models/protect/seal.hpp"
#include "tb/cli/commands.hpp"
#include "tb/cli/run_config.hpp"
#include "tb/cli/sfge_key.hpp"
#include "tb/cli/workload.hpp"

#include <filesystem>
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

Graph topology_of(const RunConfig& config) {
    switch (config.training.topology) {
    case Topology::lenet5:
        return lenet5();
    case Topology::resnet20:
        return with_batch_norms(resnet20());
    case Topology::network:
        break;
    }
    return import_onnx(config.network.path);
}

/// The command that makes a file, to be kept in it.
std::string command_line(const char* command, const FileArgs& args) {
    std::string line = std::string("veilram ") + command + " " + args.config.config;
    for (const std::string& setting : args.config.settings) line += " --set '" + setting + "'";
    return line + " --out " + args.out;
}

/// Stands for everything that the result of a tuning run depends on, but for the images.
std::string state_key(const RunConfig& config) {
    const std::string text = dump(config, ".") + read_file(config.network.path);
    const Key256 digest = sha256(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    return {digest.begin(), digest.end()};
}

std::ostream& percent(std::ostream& out, double share) {
    return out << std::fixed << std::setprecision(2) << share * 100 << " %";
}

void print(const SolveReport& solve, std::ostream& out) {
    out << "step " << std::setw(6) << solve.step << "  loss " << std::fixed << std::setprecision(4) << solve.loss
        << "  error " << std::setprecision(3) << solve.mean_abs_error << " counts  bit-true validation ";
    percent(out, solve.validation_accuracy) << std::endl; // the next one is minutes away
}

} // namespace

void train_command(const FileArgs& args, std::ostream& out) {
    const RunConfig config = load_run_config(args.config.config, args.config.settings);
    set_threads(static_cast<std::size_t>(config.threads));
    check_writable(args.out);
    const TrainingConfig& training = config.training;
    const Graph topology = topology_of(config);
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
    TuneConfig tuning = config.tuning.tune;
    tuning.state_file = args.out + ".state";
    tuning.state_key = state_key(config);
    tuning.tell = [&out](const SolveReport& solve) { print(solve, out); };
    TuneResult result = tune(network.graph, network.activations, config.compile, tuning, images, network.calibration);
    result.graph.activations = network.activations;
    export_onnx(result.graph, args.out, command_line("tune", args));
    std::error_code ignored;
    std::filesystem::remove(tuning.state_file, ignored);
    percent(out << "kept the mapping with bit-true validation ", result.validation_accuracy)
        << "\nnetwork\n  " << args.out << "\n";
}

GradientsOf image_gradients(const RunConfig& config) {
    const auto wanted = static_cast<std::size_t>(config.sfge.images);
    const Dataset images = load_data(config.data, Split::train, wanted);
    if (images.count() < wanted)
        throw UserError("sfge.images: " + std::to_string(wanted) + " are asked for, but the training part of " +
                        name_of(config.data.source) + " has " + std::to_string(images.count()) +
                        ": take that many, or give more images in data.path");
    return [images, config](const Graph& graph) {
        check_fit(images, config, graph.in_shape, config.network.path);
        return weight_gradients(graph, images, config.compile.input).gradients;
    };
}

} // namespace veilram
