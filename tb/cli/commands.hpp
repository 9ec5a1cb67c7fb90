// The subcommands of `veilram`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace veilram {

struct ConfigArgs {
    std::string config;                ///< YAML file
    std::vector<std::string> settings; ///< --set a.b=c, in their order
};

struct RunArgs {
    ConfigArgs config;
    std::optional<std::size_t> images; ///< test images; nothing: all
    std::string out;                   ///< folder of the report; empty: runs/<name of the configuration>
    std::string image;                 ///< runs this image instead of compiling
};
/// The main job: compiles or opens, measures owner and thief, writes the report and prints the summary.
void run_command(const RunArgs& args, std::ostream& out);

struct FileArgs {
    ConfigArgs config;
    std::string out; ///< file to write
};
/// Compiles the network of a configuration into a protected image.
void compile_command(const FileArgs& args, std::ostream& out);
/// Gives the batch norms of a configuration's network, or of network.tuned, a variant of it with other weights, the
/// statistics that they have on training images, and writes ONNX.
void calibrate_command(const FileArgs& args, std::ostream& out);

struct ShareArgs {
    ConfigArgs config;
    std::optional<std::size_t> images; ///< test images; nothing: all
    std::string out;                   ///< file for the shared and calibrated network (ONNX); empty: none
    std::string json;                  ///< file for the figures; empty: none
};
/// Shares crossbars among the bit planes of a configuration's network, or among its compiled crossbars, and prints what
/// that costs and saves.
void share_command(const ShareArgs& args, std::ostream& out);

/// Puts the network of a configuration onto plain cells, some of them wrong at rest, with sealed secrets.
void encrypt_command(const FileArgs& args, std::ostream& out);

struct DecryptArgs {
    ConfigArgs config; ///< its keys open the image
    std::string image;
    std::optional<std::size_t> images; ///< test images on which thief and owner are measured; nothing: none
    std::string out;                   ///< file for the image in clear; empty: none
};
/// Opens such an image as its owner does.
void decrypt_command(const DecryptArgs& args, std::ostream& out);

/// Trains a network from scratch and writes ONNX. In `veilram` it and tune_command hand over to `veilram-learn`.
void train_command(const FileArgs& args, std::ostream& out);
/// Fine-tunes the network of a configuration for its mapping and writes ONNX.
void tune_command(const FileArgs& args, std::ostream& out);

struct LifeArgs {
    ConfigArgs config;
    std::string out; ///< folder of the report; empty: runs/<name of the configuration>
};
/// Plays the steps of a configuration's `scenario` on the platform.
void scenario_command(const LifeArgs& args, std::ostream& out);
/// Cuts the power at every event of a boot, an inference and a power-off, and counts leaks and losses.
void cuts_command(const LifeArgs& args, std::ostream& out);

struct IsaacArgs {
    ConfigArgs config;
    std::size_t images = 1; ///< test images
    bool cuts = false;      ///< and the power at every event, afterwards
    std::string out;        ///< folder of the report; empty: runs/<name of the configuration>
};
/// Runs the network on ISAAC's crossbars, its weights encrypted at rest as `sfge` says.
void isaac_command(const IsaacArgs& args, std::ostream& out);

struct ExploreArgs {
    ConfigArgs config;
    std::string json; ///< file for the figures; empty: none
};
/// Estimates time and energy of a configuration's network on the protected chip and on ISAAC, and what runtime
/// encryption costs. Needs no images.
void explore_command(const ExploreArgs& args, std::ostream& out);

/// Prints what anyone can read from an image: topology, crossbars, sizes; no key is needed.
void inspect_command(const std::string& image_file, std::ostream& out);

struct SfgeArgs {
    ConfigArgs config;
    std::vector<std::string> kinds;    ///< of sfge.kind; empty: all
    std::vector<int> most;             ///< empty: sfge.most
    std::vector<double> eps;           ///< empty: sfge.eps
    std::optional<std::size_t> images; ///< test images; nothing: all
    std::string out;                   ///< folder of the report; empty: runs/<name of the configuration>
};
/// What sparse fast gradient encryption does to the network of a configuration, over kinds, counts and strengths.
/// Gradients need libtorch: this command, and every one that chooses a key, hands over to `veilram-learn`.
void sfge_command(const SfgeArgs& args, std::ostream& out);

struct BenchArgs {
    std::string suite = "all";         ///< kernels, networks, mapping, sharing or all (kernels and networks)
    std::vector<std::string> networks; ///< empty: all
    std::string fidelity;              ///< empty: all
    std::optional<std::size_t> threads, batch, images; ///< instead of what the standard jobs say
    bool brief = false;
    std::string folder = "runs/bench";            ///< keeps compiled networks for the next time
    std::string model = "models/zoo/lenet5.onnx"; ///< network whose weights `mapping` takes
    std::string json;                             ///< file to write; empty: none
};
/// Measures kernels and networks, prints a line for each.
void bench_command(const BenchArgs& args, std::ostream& out);

struct CosimArgs {
    std::string block = "all";
    std::int64_t transactions = 100'000; ///< of each block, at least
    std::uint64_t seed = 1;
};
/// Drives RTL and its models side by side at random and says where they differ first. Throws UserError when they do, or
/// without Verilator.
void cosim_command(const CosimArgs& args, std::ostream& out);

struct ExportVectorsArgs {
    std::string block = "all";
    std::int64_t transactions = 10'000; ///< of each block, at least
    std::uint64_t seed = 1;
    std::string out; ///< folder
};
/// Writes test vectors of blocks that have a twin, and testbenches that play them.
void export_vectors_command(const ExportVectorsArgs& args, std::ostream& out);

/// Parses the command line and runs a command. Returns 0, 2 for the user's mistakes (told on `err`), 3 for ours.
int run_program(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

} // namespace veilram
