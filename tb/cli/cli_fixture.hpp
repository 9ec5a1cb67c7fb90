// Starts the program as a user does, in a folder of the test's own.
#pragma once

#include "models/base/file.hpp"
#include "models/base/random.hpp"
#include "models/image/image.hpp"
#include "models/nn/onnx.hpp"

#include <boost/random/normal_distribution.hpp>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace veilram::test {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

inline Tensor random_tensor(Shape shape, Rng& rng) {
    Tensor tensor(std::move(shape));
    boost::random::normal_distribution<float> weight(0.0F, 0.2F);
    for (float& value : tensor.data) value = weight(rng);
    return tensor;
}

/// Small enough to run in a moment: conv 4 5x5 stride 4, ReLU, dense 10; weights are random.
inline Graph small_network() {
    Rng rng = make_rng(7, "small network");
    Conv conv;
    conv.window = {5, 5, 4, 4};
    conv.weight = random_tensor({4, 1, 5, 5}, rng);
    conv.bias.assign(4, 0.05F);
    Dense dense;
    dense.weight = random_tensor({10, 144}, rng);
    Graph graph{"small", {1, 28, 28}, {}};
    graph.nodes.push_back({"conv", conv, {0}, {}});
    graph.nodes.push_back({"relu", Relu{}, {1}, {}});
    graph.nodes.push_back({"flatten", Flatten{}, {2}, {}});
    graph.nodes.push_back({"dense", dense, {3}, {}});
    infer_shapes(graph);
    return graph;
}

struct Outcome {
    int code;
    std::string out;
    std::string err;
};

class CliTest : public ::testing::Test {
protected:
    CliTest() {
        const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
        folder_ = fs::temp_directory_path() / ("veilram_" + std::string(info->name()) + std::to_string(::getpid()));
        fs::create_directories(folder_);
        export_onnx(small_network(), path("small.onnx"), "made by a test");
        write_file(path("small.yaml"), "include: " VEILRAM_SOURCE_DIR "/configs/costs/reram_32nm.yaml\n"
                                       "network: {path: small.onnx}\n"
                                       "data: {images: 30}\n"
                                       "quant: {calibration_images: 20}\n"
                                       "map: {n: 2}\n"
                                       "pirate: {seeds: 2, images: 10}\n");
    }
    ~CliTest() override { fs::remove_all(folder_); }

    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    bool exists(const std::string& name) const { return fs::exists(folder_ / name); }
    nlohmann::json results(const std::string& run) const {
        return nlohmann::json::parse(read_file(path(run + "/results.json")));
    }

    /// Runs `veilram ARGUMENTS` in the test's folder.
    Outcome veilram(const std::string& arguments) const {
        const std::string command =
            "cd '" + folder_.string() + "' && '" VEILRAM_PROGRAM "' " + arguments + " > out.txt 2> err.txt";
        const int status = std::system(command.c_str());
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(path("out.txt")), read_file(path("err.txt"))};
    }
    void expect_success(const Outcome& outcome) const { EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err; }
    /// The user's mistake: exit code 2, the message on stderr, nothing on stdout.
    void expect_refusal(const std::string& arguments, const std::string& message) const {
        const Outcome outcome = veilram(arguments);
        EXPECT_EQ(outcome.code, 2) << arguments;
        EXPECT_THAT(outcome.err, HasSubstr(message)) << arguments;
        EXPECT_EQ(outcome.out, "") << arguments;
    }
    /// Compiles small.yaml to image.h5, reads it, lets `change` spoil it and writes spoilt.h5.
    template <class Change> void spoil_image(Change change) const {
        expect_success(veilram("compile small.yaml --out image.h5"));
        Image image = read_image(path("image.h5"));
        change(image);
        write_image(image, path("spoilt.h5"));
    }

    fs::path folder_;
};

} // namespace veilram::test
