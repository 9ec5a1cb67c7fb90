// Crossbar-level sharing of a real network: the figures that an independent implementation found.
#include "models/base/diagnostics.hpp"
#include "models/base/parallel.hpp"
#include "models/cls/bit_planes.hpp"
#include "models/cls/share.hpp"
#include "models/data/dataset.hpp"
#include "models/data/shifted.hpp"
#include "models/image/program.hpp"
#include "models/nn/batch_norm.hpp"
#include "models/nn/infer.hpp"
#include "models/nn/onnx.hpp"
#include "tb/unit/cls_data.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace veilram::test {
namespace {

constexpr std::size_t kBatch = 100;
const InputFormat kFormat{{0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}};

/// Figures of one way to share ResNet-20: `k` of its 472 matrices of 128 x 128.
struct Published {
    Padding padding;
    std::size_t k;
    std::size_t clusters, singletons, largest, sharing;
    std::int64_t before, after;
    std::size_t pairs;
    double with_metadata, bounding_box;
};
std::ostream& operator<<(std::ostream& out, const Published& p) {
    return out << (p.padding == Padding::ignored ? "ignored" : "zeros") << " k=" << p.k;
}

class ClsOfResNet20 : public ::testing::Test {
protected:
    void SetUp() override {
        const char* data = std::getenv("VEILRAM_DATA");
        if (data == nullptr) GTEST_SKIP() << "VEILRAM_DATA is not set";
        try {
            const std::string folder = data;
            graph_ = import_onnx(folder + "/models/cifar10_resnet20.onnx");
            test_ = load_cifar10(folder + "/cifar10", Split::test).slice(0, 2000);
            train_ = load_cifar10(folder + "/cifar10", Split::train).slice(0, 2000);
        } catch (const UserError& e) {
            GTEST_SKIP() << "needs CIFAR-10 and its network: " << e.what();
        }
    }
    /// Percent of the first 2,000 test images.
    double accuracy_of(const Graph& graph) const {
        std::array<int, 20> right{};
        parallel_for(right.size(), [&](std::size_t b) {
            FloatEngine engine;
            const Tensor batch = to_tensor(test_.image(b * kBatch), kBatch, test_.shape, kFormat);
            const std::vector<int> found = argmax(infer(graph, batch, engine));
            for (std::size_t i = 0; i < kBatch; ++i) right[b] += found[i] == test_.labels[b * kBatch + i] ? 1 : 0;
        });
        return std::accumulate(right.begin(), right.end(), 0) / 20.0;
    }
    static ImageBatches batches_of(const Dataset& images) {
        return {images.count() / kBatch, [&images](std::size_t b) {
                    return to_tensor(images.image(b * kBatch), kBatch, images.shape, kFormat);
                }};
    }
    /// The 8-bit weights as the independent implementation has them: 255 |w| / max |W| in single precision, where one
    /// weight comes to 91.5 in place of 91.499997 and rounds up.
    std::vector<QuantWeights> single_precision_weights() const {
        std::vector<QuantWeights> layers = quantised_weights(graph_);
        const std::vector<std::size_t> nodes = matrix_nodes(graph_);
        int others = 0;
        for (std::size_t l = 0; l < layers.size(); ++l) {
            const std::vector<float>& weight = matrix_weight(graph_.nodes[nodes[l]].op).data;
            float largest = 0.0F;
            for (const float w : weight) largest = std::max(largest, std::abs(w));
            for (std::size_t i = 0; i < weight.size(); ++i) {
                const auto q = static_cast<std::int16_t>(std::nearbyint(255.0F * std::abs(weight[i]) / largest));
                if (q == std::abs(layers[l].q[i])) continue;
                layers[l].q[i] = q;
                ++others;
            }
        }
        EXPECT_EQ(others, 1);
        return layers;
    }
    /// On training images moved as the network was trained.
    Graph calibrated(const Graph& graph) const {
        Rng rng = make_rng(0, "calibration");
        const Dataset moved = shifted(train_, 4, true, rng);
        return with_batch_statistics(graph, batches_of(moved));
    }
    Graph shared_network(const PlaneSet& planes, const Shared& shared) const {
        std::vector<BitMatrix> rebuilt;
        for (std::size_t i = 0; i < planes.set.count(); ++i) rebuilt.push_back(shared.rebuilt(planes.set, i));
        std::vector<QuantWeights> layers = quantised_weights(graph_);
        recompose(planes.places, rebuilt, layers);
        return with_magnitudes(graph_, layers);
    }
    static std::vector<std::size_t> first_of(const PlaneSet& planes, std::size_t k) {
        std::vector<std::size_t> first = NumpyRandom(0).permutation(planes.set.count());
        first.resize(k);
        return first;
    }

    Graph graph_;
    Dataset test_, train_;
};

class ClsFigures : public ClsOfResNet20, public ::testing::WithParamInterface<Published> {};

TEST_F(ClsOfResNet20, DecomposesIntoThePublishedMatrices) {
    const PlaneSet planes = decompose(quantised_weights(graph_), 128);
    EXPECT_EQ(planes.set.count(), 472U);
    std::array<double, kPlanes> ones{}, cells{};
    for (std::size_t i = 0; i < planes.set.count(); ++i) {
        const auto plane = static_cast<std::size_t>(planes.places[i].plane);
        ones.at(plane) += static_cast<double>(count_ones(planes.set.matrices[i], planes.set.extents[i]));
        cells.at(plane) += static_cast<double>(planes.set.extents[i].cells());
    }
    EXPECT_EQ(std::accumulate(cells.begin(), cells.end(), 0.0), 2'146'688.0);
    const std::array<double, kPlanes> density{0.4906, 0.4752, 0.4630, 0.4458, 0.4068, 0.3244, 0.1487, 0.0123};
    for (std::size_t plane = 0; plane < kPlanes; ++plane)
        EXPECT_NEAR(ones.at(plane) / cells.at(plane), density.at(plane), 6e-5) << plane;
}

TEST_F(ClsOfResNet20, CalibrationAloneGivesThePublishedAccuracies) {
    const Graph quantised = with_magnitudes(graph_, quantised_weights(graph_));
    EXPECT_NEAR(accuracy_of(quantised), 91.45, 0.1);
    EXPECT_NEAR(accuracy_of(with_batch_statistics(quantised, batches_of(train_))), 88.80, 0.2)
        << "images as they are, though the network was trained with others";
    EXPECT_NEAR(accuracy_of(calibrated(quantised)), 91.50, 1.0);
}

TEST_F(ClsOfResNet20, SharingOfAllPlanesRuinsItAndCalibrationHelpsALittle) {
    const PlaneSet planes = decompose(quantised_weights(graph_), 128);
    const Graph network = shared_network(planes, share(planes.set, first_of(planes, 236), {}));
    EXPECT_NEAR(accuracy_of(network), 10.00, 0.5);
    EXPECT_NEAR(accuracy_of(calibrated(network)), 32.80, 3.0);
}

/// Only planes 3..0 share.
TEST_F(ClsOfResNet20, SharingOfLowPlanesIsAsHarmlessAsPublished) {
    const PlaneSet all = decompose(quantised_weights(graph_), 128);
    const PlaneSet low = part_of(all, [](const PlanePlace& place) { return place.plane <= 3; });
    ASSERT_EQ(low.set.count(), 236U);
    struct Case {
        std::size_t k;
        double mismatch, compression; ///< percent of the low planes' bits; of all planes, with metadata
    };
    for (const Case& c : {Case{118, 13.82, 1.312}, {59, 23.80, 1.563}, {29, 32.02, 1.733}}) {
        const Shared shared = share(low.set, first_of(low, c.k), {});
        const auto wrong = std::accumulate(shared.mismatches.begin(), shared.mismatches.end(), 0.0);
        EXPECT_NEAR(100 * wrong / (2'146'688.0 / 2), c.mismatch, 0.006) << c.k;
        const ShareStorage storage = shared.storage(low.set, {});
        const auto half = static_cast<double>(storage.cells_before), now = static_cast<double>(storage.cells());
        EXPECT_NEAR(2 * half / (half + now), c.compression, 6e-4) << c.k;
        if (c.k == 29) {
            EXPECT_NEAR(accuracy_of(calibrated(shared_network(low, shared))), 91.60, 1.0);
        }
    }
}

TEST_P(ClsFigures, AreThoseOfAnIndependentImplementation) {
    const Published& want = GetParam();
    const PlaneSet planes = decompose(single_precision_weights(), 128);
    ShareConfig config;
    config.cluster.padding = want.padding;
    const Shared shared = share(planes.set, first_of(planes, want.k), config);
    const ShareStorage storage = shared.storage(planes.set, config);
    EXPECT_EQ(storage.clusters, want.clusters);
    EXPECT_EQ(storage.singletons, want.singletons);
    EXPECT_EQ(storage.largest, want.largest);
    EXPECT_EQ(storage.sharing, want.sharing);
    EXPECT_EQ(std::accumulate(shared.clustered.begin(), shared.clustered.end(), std::int64_t{0}), want.before);
    EXPECT_EQ(std::accumulate(shared.mismatches.begin(), shared.mismatches.end(), std::int64_t{0}), want.after);
    EXPECT_EQ(shared.pairs, want.pairs);
    const auto compression = [&](std::int64_t cells) {
        return static_cast<double>(storage.cells_before) / static_cast<double>(cells);
    };
    EXPECT_NEAR(compression(storage.cells()), want.with_metadata, 5e-4);
    EXPECT_NEAR(compression(storage.bounding_cells), want.bounding_box, 5e-4);
}

INSTANTIATE_TEST_SUITE_P(
    ResNet20, ClsFigures,
    ::testing::Values(Published{Padding::ignored, 236, 236, 122, 54, 350, 222'423, 221'329, 9, 1.911, 1.904},
                      Published{Padding::ignored, 118, 118, 26, 121, 446, 390'234, 389'094, 7, 3.577, 3.472},
                      Published{Padding::zeros, 236, 236, 141, 86, 331, 334'089, 331'899, 0, 1.916, 1.901},
                      Published{Padding::zeros, 118, 118, 44, 175, 428, 463'723, 461'477, 0, 3.593, 3.391}));

} // namespace
} // namespace veilram::test
