// A whole network on the baseline's modules.
#include "models/arch/machines.hpp"
#include "models/base/diagnostics.hpp"
#include "models/data/dataset.hpp"
#include "models/image/input_format.hpp"
#include "models/nn/onnx.hpp"
#include "tb/host/isaac_host.hpp"
#include "tb/support/isaac_table.hpp"
#include "tb/support/powered_bench.hpp"

namespace veilram::test {
namespace {

constexpr std::size_t kImages = 2;

IsaacConfig one_tile(int bits) {
    IsaacConfig config = published_isaac();
    config.bits = bits;
    config.tiles = 1; // 96 crossbars
    return config;
}

/// LeNet-5 trained on generated digits, quantised to 8 bits.
struct QuantisedLenet {
    Graph graph = import_onnx(VEILRAM_SOURCE_DIR "/models/zoo/lenet5.onnx");
    Dataset digits = generate_digits(1, Split::test, kImages);
    Tensor images = to_tensor(digits.image(0), kImages, digits.shape, {});
    std::vector<LayerQuant> quants;
    std::vector<QuantWeights> weights;

    QuantisedLenet() {
        const Dataset training = generate_digits(1, Split::train, 32);
        const auto inputs = calibrate(graph, to_tensor(training.image(0), 32, training.shape, {}), {});
        for (const std::size_t index : matrix_nodes(graph)) {
            const Op& op = graph.nodes[index].op;
            weights.push_back(quantise_weights(op, WeightScale::per_channel));
            quants.push_back({inputs[quants.size()], weights.back().scale, bias_of(op, weights.back().scale.size())});
        }
    }
    static std::vector<float> bias_of(const Op& op, std::size_t outputs) {
        const auto* conv = std::get_if<Conv>(&op);
        std::vector<float> bias = conv != nullptr ? conv->bias : std::get<Dense>(op).bias;
        bias.resize(outputs);
        return bias;
    }
    ExactEngine exact() const { return {quants, weights}; }
};

struct NetworkBench : PoweredBench {
    IsaacChip chip;
    IsaacHost host;

    NetworkBench(const sc_core::sc_module_name& name, int bits, const QuantisedLenet& lenet)
        : PoweredBench(name), chip("chip", one_tile(bits)), host("host", bits, lenet.quants, lenet.weights) {
        host.layer_isock.bind(chip.layer_tsock);
        host.isock.bind(chip.tsock);
        chip.rail_i.bind(rail);
    }
};

class IsaacNetwork : public SimTest, public ::testing::WithParamInterface<int> {
protected:
    QuantisedLenet lenet;
    NetworkBench bench{"bench", GetParam(), lenet};
    /// What the chip sees: with 8 bits, two outputs for one.
    std::vector<LayerWork> work() const {
        std::vector<LayerWork> all = layer_work(lenet.graph);
        for (LayerWork& layer : all) {
            layer.positions *= static_cast<std::int64_t>(kImages);
            layer.outputs *= GetParam() == 8 ? 2 : 1;
        }
        return all;
    }
};

TEST_P(IsaacNetwork, GivesTheLogitsOfExactIntegersInTheTimeAndEnergyOfTheEstimate) {
    bench.body = [&] {
        bench.host.program();
        const auto begin = sc_core::sc_time_stamp();
        const Tensor logits = infer(lenet.graph, lenet.images, bench.host);
        const auto took = sc_core::sc_time_stamp() - begin;
        ExactEngine exact = lenet.exact();
        FloatEngine floats;
        EXPECT_EQ(logits.data, infer(lenet.graph, lenet.images, exact).data);
        EXPECT_NE(logits.data, infer(lenet.graph, lenet.images, floats).data);
        const NetworkEstimate expected = estimate(work(), one_tile(GetParam()));
        EXPECT_EQ(bench.host.time(), expected.time());
        EXPECT_EQ(took, ps(expected.time().value));
        EXPECT_EQ(stat(bench.chip, "arrays_used"), expected.arrays());
        // The modules charge whole arrays, and what surrounds them for the cycles in which they read.
        std::int64_t energy = 0;
        for (const LayerEstimate& layer : expected.layers) {
            for (const EnergyPart& part : layer.energy)
                if (part.name != "array" && part.name != "buffers and network") energy += part.energy.value;
            const std::int64_t cycles = GetParam() * layer.work.positions * layer.arrays;
            energy += cycles * (30'000 + energy_of(surroundings(published_isaac()), Ps{100'000}).value);
        }
        EXPECT_NEAR(static_cast<double>(total_energy(bench.chip).value), static_cast<double>(energy),
                    2e-3 * static_cast<double>(energy));
    };
    run(sc_core::sc_time(1, sc_core::SC_SEC));
}

INSTANTIATE_TEST_SUITE_P(Both, IsaacNetwork, ::testing::Values(8, 16),
                         [](const auto& variant) { return std::to_string(variant.param) + "Bits"; });

class SmallIsaacNetwork : public SimTest {
protected:
    QuantisedLenet lenet;
    NetworkBench bench{"bench", 16, lenet};
};

TEST_F(SmallIsaacNetwork, ThatDoesNotFitOrHasNoPowerIsNamed) {
    bench.body = [&] {
        EXPECT_THROW(infer(lenet.graph, lenet.images, bench.host), std::exception) << "nothing is programmed";
        bench.host.program();
        bench.power(false);
        EXPECT_THROW(infer(lenet.graph, lenet.images, bench.host), ModelError);
        bench.host.program(); // 84 of 96 crossbars
        EXPECT_THROW(bench.host.program(), UserError);
    };
    run(sc_core::sc_time(1, sc_core::SC_SEC));
}

} // namespace
} // namespace veilram::test
