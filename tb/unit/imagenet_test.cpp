// Networks of a real exporter on real pictures: what the README beside the data says they must reach.
#include "models/base/diagnostics.hpp"
#include "models/base/parallel.hpp"
#include "models/data/dataset.hpp"
#include "models/image/program.hpp"
#include "models/nn/infer.hpp"
#include "models/nn/onnx.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <iostream>

namespace veilram::test {
namespace {

constexpr std::size_t kBatch = 10;

struct Baseline {
    const char* network;
    PictureFormat pictures;
    InputFormat input;
    int right; ///< of 650
    bool slow; ///< minutes: with VEILRAM_FULL only
};

const InputFormat kNormalised{{0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}};
const InputFormat kLessMean{{104.0F / 255, 117.0F / 255, 123.0F / 255}, {1.0F / 255, 1.0F / 255, 1.0F / 255}};
const Baseline kBaselines[] = {
    {"imagenet_squeezenet11", {0, 227, ColourOrder::bgr}, kLessMean, 473, false}, // 72.77 %
    {"imagenet_resnet18", {0, 224, ColourOrder::rgb}, kNormalised, 490, true},    // 75.38 %
    {"imagenet_resnet50", {0, 224, ColourOrder::rgb}, kNormalised, 510, true},    // 78.46 %
};

/// What the list of tests shows.
void PrintTo(const Baseline& baseline, std::ostream* out) { *out << baseline.network; }

class Imagenet : public ::testing::TestWithParam<Baseline> {};

TEST_P(Imagenet, FloatInferenceReachesTheBaseline) {
    const Baseline& baseline = GetParam();
    const char* folder = std::getenv("VEILRAM_DATA");
    if (folder == nullptr) GTEST_SKIP() << "VEILRAM_DATA is not set";
    if (baseline.slow && std::getenv("VEILRAM_FULL") == nullptr) GTEST_SKIP() << "takes minutes: set VEILRAM_FULL=1";
    const std::string data = folder;
    Dataset pictures;
    Graph graph;
    try {
        pictures = load_imagenet(data + "/imagenet", ImagenetPart::all, baseline.pictures);
        graph = import_onnx(data + "/models/" + baseline.network + ".onnx.xz");
    } catch (const UserError& e) {
        GTEST_SKIP() << "needs ImageNet pictures and their network: " << e.what();
    }
    ASSERT_EQ(pictures.count(), 650U);
    FloatEngine engine;
    std::atomic<int> right = 0;
    parallel_for(pictures.count() / kBatch, [&](std::size_t i) {
        const Tensor batch = to_tensor(pictures.image(i * kBatch), kBatch, pictures.shape, baseline.input);
        const std::vector<int> guesses = argmax(infer(graph, batch, engine));
        for (std::size_t k = 0; k < kBatch; ++k) right += guesses[k] == pictures.labels[i * kBatch + k] ? 1 : 0;
    });
    std::cout << baseline.network << ": " << right << " of 650 right, expected " << baseline.right << "\n";
    EXPECT_LE(std::abs(right - baseline.right), 1);
}

INSTANTIATE_TEST_SUITE_P(Given, Imagenet, ::testing::ValuesIn(kBaselines), [](const auto& variant) {
    return std::string(variant.param.network).substr(std::string("imagenet_").size());
});

} // namespace
} // namespace veilram::test
