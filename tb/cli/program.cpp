#include "hw/top/registers.hpp"
#include "tb/cli/commands.hpp"
#include "tb/cli/report.hpp"
#include "tb/cli/run_config.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <exception>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <tuple>

namespace veilram {
namespace {

enum ExitCode { kSuccess = 0, kUserError = 2, kModelError = 3 };

constexpr const char* kExamples = R"(
Examples:
  veilram run configs/default.yaml
  veilram run configs/default.yaml --images 100 --fidelity functional --set map.n=4
  veilram run configs/paper/lenet5_mnist.yaml --set data.path=../data/mnist --images 1000
  veilram compile configs/default.yaml --out lenet5.h5
  veilram inspect lenet5.h5
  veilram run configs/default.yaml --image lenet5.h5
  veilram share configs/paper/resnet20_cifar10.yaml --set data.path=../data/cifar10 --set cls.planes=4
  veilram scenario configs/scenarios/power_cut.yaml
  veilram cosim --block gsl_selector
  veilram tune configs/default.yaml --set tune.epochs=2 --out tuned.onnx
  veilram export-vectors --block gsl_selector --transactions 20000 --out vectors

Exit codes: 0 success, 2 a mistake in the input (the message says which), 3 a mistake of the program.)";

void add_config(CLI::App& command, ConfigArgs& args) {
    command.add_option("CONFIG", args.config, "configuration (YAML)")->required();
    command.add_option("--set", args.settings, "override one value, such as map.n=4; may be repeated")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
}

/// What is wrong with a number of images; empty when nothing is.
std::string wrong_count(const std::string& text) {
    constexpr int kMostImages = 1'000'000; // as data.images
    int number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc{} && stop == end && number >= 1 && number <= kMostImages) return "";
    return "'" + text + "' is not a whole number in 1.." + std::to_string(kMostImages);
}

void add_images(CLI::App& command, std::optional<std::size_t>& images) {
    command.add_option("--images", images, "number of test images (default: all)")
        ->type_name("N")
        ->check(CLI::Validator(wrong_count, ""));
}

void add_run(CLI::App& app, std::ostream& out) {
    auto args = std::make_shared<RunArgs>();
    auto fidelity = std::make_shared<std::string>();
    CLI::App* command = app.add_subcommand("run", "Run the network on the protected device, and as the thief does");
    add_config(*command, args->config);
    add_images(*command, args->images);
    command->add_option("--out", args->out, "folder of the report (default: runs/<configuration>)")->type_name("DIR");
    command->add_option("--fidelity", *fidelity, "functional, lt or cycle; as --set fidelity=...")->type_name("NAME");
    command->add_option("--image", args->image, "run this image instead of compiling the network")->type_name("FILE");
    command->callback([args, fidelity, &out] {
        if (!fidelity->empty()) args->config.settings.push_back("fidelity=" + *fidelity);
        run_command(*args, out);
    });
}

void add_file_command(CLI::App& app, const char* name, const char* help, const char* file,
                      void (*run)(const FileArgs&, std::ostream&), std::ostream& out) {
    auto args = std::make_shared<FileArgs>();
    CLI::App* command = app.add_subcommand(name, help);
    add_config(*command, args->config);
    command->add_option("--out", args->out, file)->type_name("FILE")->required();
    command->callback([args, run, &out] { run(*args, out); });
}

void add_share(CLI::App& app, std::ostream& out) {
    auto args = std::make_shared<ShareArgs>();
    CLI::App* command = app.add_subcommand("share", "Share crossbars among bit planes or compiled crossbars");
    add_config(*command, args->config);
    add_images(*command, args->images);
    command->add_option("--out", args->out, "file for the shared, calibrated network (ONNX)")->type_name("FILE");
    command->add_option("--json", args->json, "file for the figures")->type_name("FILE");
    command->callback([args, &out] { share_command(*args, out); });
}

void add_sfge(CLI::App& app, std::ostream& out) {
    auto args = std::make_shared<SfgeArgs>();
    CLI::App* command = app.add_subcommand("sfge", "Measure what a few wrong weights do to network.path");
    add_config(*command, args->config);
    add_images(*command, args->images);
    command->add_option("--out", args->out, "folder of sfge.json (default: runs/<configuration>)")->type_name("DIR");
    command->add_option("--kind", args->kinds, "only these: gradient, iterative, sign_flip, random")
        ->type_name("NAME,...")
        ->delimiter(',')
        ->check(CLI::IsMember({"gradient", "iterative", "sign_flip", "random"}));
    command->add_option("--most", args->most, "numbers of weights of a tensor (default: sfge.most)")
        ->type_name("N,...")
        ->delimiter(',')
        ->check(CLI::Range(1, 100'000));
    command->add_option("--eps", args->eps, "strengths (default: sfge.eps)")
        ->type_name("X,...")
        ->delimiter(',')
        ->check(CLI::Range(0.0, 1000.0));
    command->callback([args, &out] { sfge_command(*args, out); });
}

void add_life(CLI::App& app, const char* name, const char* help, void (*run)(const LifeArgs&, std::ostream&),
              std::ostream& out) {
    auto args = std::make_shared<LifeArgs>();
    CLI::App* command = app.add_subcommand(name, help);
    add_config(*command, args->config);
    command->add_option("--out", args->out, "folder of the report (default: runs/<configuration>)")->type_name("DIR");
    command->callback([args, run, &out] { run(*args, out); });
}

void add_isaac(CLI::App& app, std::ostream& out) {
    auto args = std::make_shared<IsaacArgs>();
    CLI::App* command =
        app.add_subcommand("isaac", "Run network.path on ISAAC's crossbars, its weights encrypted at rest");
    add_config(*command, args->config);
    command->add_option("--images", args->images, "number of test images (default: 1)")
        ->type_name("N")
        ->check(CLI::Validator(wrong_count, ""));
    command->add_flag("--cuts", args->cuts, "cut the power at every event, too");
    command->add_option("--out", args->out, "folder of the report (default: runs/<configuration>)")->type_name("DIR");
    command->callback([args, &out] { isaac_command(*args, out); });
}

void add_explore(CLI::App& app, std::ostream& out) {
    auto args = std::make_shared<ExploreArgs>();
    CLI::App* command = app.add_subcommand("explore", "Estimate time and energy beside ISAAC's, layer by layer");
    add_config(*command, args->config);
    command->add_option("--json", args->json, "file for the figures")->type_name("FILE");
    command->callback([args, &out] { explore_command(*args, out); });
}

void add_decrypt(CLI::App& app, std::ostream& out) {
    auto args = std::make_shared<DecryptArgs>();
    CLI::App* command = app.add_subcommand("decrypt", "Verify and decrypt an image on plain cells");
    add_config(*command, args->config);
    command->add_option("--image", args->image, "encrypted image (HDF5)")->type_name("FILE")->required();
    command->add_option("--images", args->images, "measure thief and owner on so many test images")
        ->type_name("N")
        ->check(CLI::Validator(wrong_count, ""));
    command->add_option("--out", args->out, "file for the image in clear")->type_name("FILE");
    command->callback([args, &out] { decrypt_command(*args, out); });
}

void add_inspect(CLI::App& app, std::ostream& out) {
    auto image = std::make_shared<std::string>();
    CLI::App* command = app.add_subcommand("inspect", "Show what anyone can read from an image");
    command->add_option("IMAGE", *image, "protected image (HDF5)")->required();
    command->callback([image, &out] { inspect_command(*image, out); });
}

void add_bench(CLI::App& app, std::ostream& out) {
    auto args = std::make_shared<BenchArgs>();
    CLI::App* command = app.add_subcommand("bench", "Measure the simulator's speed on this machine");
    command
        ->add_option("--suite", args->suite,
                     "kernels, networks, both (all); mapping: bit-line sharing, fast against exact; sharing: "
                     "crossbar-level sharing of 12,500 matrices")
        ->check(CLI::IsMember({"kernels", "networks", "mapping", "sharing", "all"}));
    command->add_option("--model", args->model, "network whose weights the mapping suite takes (ONNX)")
        ->type_name("FILE")
        ->capture_default_str();
    command->add_option("--network", args->networks, "only this network: lenet5, resnet20, vgg8, resnet18, resnet50")
        ->type_name("NAME")
        ->allow_extra_args(false);
    command->add_option("--fidelity", args->fidelity, "only this one: functional or lt")
        ->check(CLI::IsMember({"functional", "lt"}));
    for (const auto& [option, value, help] :
         {std::tuple("--threads", &args->threads, "threads instead of the standard jobs'"),
          std::tuple("--batch", &args->batch, "images that go through each layer together"),
          std::tuple("--images", &args->images, "images that are timed")})
        command->add_option(option, *value, help)->type_name("N")->check(CLI::Validator(wrong_count, ""));
    command->add_flag("--brief", args->brief, "LeNet-5 only, short repetitions");
    command->add_option("--folder", args->folder, "where compiled networks are kept (default: runs/bench)")
        ->type_name("DIR");
    command->add_option("--json", args->json, "file for the figures")->type_name("FILE");
    command->callback([args, &out] { bench_command(*args, out); });
}

/// For commands that drive blocks at random.
template <class Args> void add_block_options(CLI::App& command, Args& args, std::int64_t most) {
    command.add_option("--block", args.block, "name of a block, or all")->type_name("NAME")->capture_default_str();
    command.add_option("--transactions", args.transactions, "transfers over the block's channels, at least")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{1}, most))
        ->capture_default_str();
    command.add_option("--seed", args.seed, "of everything random")
        ->type_name("S")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
}

void add_cosim(CLI::App& app, std::ostream& out) {
    auto args = std::make_shared<CosimArgs>();
    CLI::App* command = app.add_subcommand("cosim", "Drive RTL and its models side by side, at random");
    add_block_options(*command, *args, 1'000'000'000);
    command->callback([args, &out] { cosim_command(*args, out); });
}

void add_export_vectors(CLI::App& app, std::ostream& out) {
    auto args = std::make_shared<ExportVectorsArgs>();
    CLI::App* command = app.add_subcommand("export-vectors", "Write test vectors and testbenches for your own RTL");
    add_block_options(*command, *args, 10'000'000);
    command->add_option("--out", args->out, "folder to write to")->type_name("FOLDER")->required();
    command->callback([args, &out] { export_vectors_command(*args, out); });
}

void add_commands(CLI::App& app, std::ostream& out) {
    app.require_subcommand(0, 1);
    app.footer(kExamples);
    const BuildInfo build = build_info();
    app.set_version_flag("--version", "veilram " + build.version + " (" + build.revision + ")");
    app.add_flag_callback(
        "--describe",
        [&out] {
            out << describe();
            throw CLI::Success();
        },
        "print the configuration reference");
    app.add_flag_callback(
        "--registers",
        [&out] {
            out << reg::register_table();
            throw CLI::Success();
        },
        "print the chip's register map");
    add_run(app, out);
    add_file_command(app, "compile", "Compile the network into a protected image", "image to write (HDF5)",
                     compile_command, out);
    add_file_command(app, "tune", "Fine-tune the network for its mapping", "network to write (ONNX)", tune_command,
                     out);
    add_file_command(app, "train", "Train a network from scratch", "network to write (ONNX)", train_command, out);
    add_share(app, out);
    add_file_command(app, "calibrate", "Give the network's batch norms the statistics of its training images",
                     "network to write (ONNX)", calibrate_command, out);
    add_life(app, "scenario", "Play the configuration's scenario: boot, inference, power cuts, tampering",
             scenario_command, out);
    add_life(app, "cuts", "Cut the power at every event and look what is left", cuts_command, out);
    add_isaac(app, out);
    add_explore(app, out);
    add_sfge(app, out);
    add_file_command(app, "encrypt", "Put network.path onto plain cells, some of them wrong at rest",
                     "image to write (HDF5)", encrypt_command, out);
    add_decrypt(app, out);
    add_inspect(app, out);
    add_bench(app, out);
    add_cosim(app, out);
    add_export_vectors(app, out);
}

/// Parses the command line, runs the command and returns the exit code.
ExitCode run(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
    CLI::App app("VeilRAM: DNN accelerators that compute inside ReRAM crossbars, with weights protected at power-off",
                 "veilram");
    try {
        add_commands(app, out);
        app.parse(argc, argv);
        if (app.get_subcommands().empty())
            throw CLI::RequiredError(
                "A subcommand (run, compile, train, tune, share, calibrate, scenario, cuts, isaac, explore, "
                "encrypt, decrypt, inspect, bench, cosim or export-vectors)");
        return kSuccess;
    } catch (const CLI::ParseError& error) {
        return app.exit(error, out, err) == 0 ? kSuccess : kUserError;
    } catch (const UserError& error) {
        err << "veilram: error\n" << error.what() << "\n";
        return kUserError;
    } catch (const std::exception& error) {
        err << "veilram: internal error: " << error.what() << "\n";
    } catch (...) {
        err << "veilram: internal error of an unknown kind\n";
    }
    return kModelError;
}

} // namespace

int run_program(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
    const ExitCode code = run(argc, argv, out, err);
    if (out.flush() || code != kSuccess) return code;
    err << "veilram: error\nstandard output: cannot write everything: is the disk full, or the output closed?\n";
    return kUserError;
}

} // namespace veilram
