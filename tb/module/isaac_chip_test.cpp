// The baseline as modules: exact products, 22 stages, one operation every 16 cycles.
#include "hw/isaac/isaac_chip.hpp"
#include "models/arch/machines.hpp"
#include "tb/support/isaac_table.hpp"
#include "tb/support/powered_bench.hpp"
#include "tb/support/random_data.hpp"

namespace veilram::test {
namespace {

IsaacConfig small_isaac(int bits = 16) {
    IsaacConfig config = published_isaac();
    config.bits = bits;
    config.tiles = 2;
    config.imas_per_tile = 2;
    config.arrays_per_ima = 3;
    return config;
}

struct IsaacBench : PoweredBench {
    RequestInitiator<IsaacBench, IsaacLayerRequest> layer_isock{"layer_isock"};
    RequestInitiator<IsaacBench, IsaacOperation> isock{"isock"};
    IsaacChip dut;

    explicit IsaacBench(const sc_core::sc_module_name& name) : PoweredBench(name), dut("dut", small_isaac()) {
        layer_isock.bind(dut.layer_tsock);
        isock.bind(dut.tsock);
        dut.rail_i.bind(rail);
    }
};

class IsaacChipTest : public BenchTest<IsaacBench> {
protected:
    static constexpr std::size_t kInputs = 200, kOutputs = 40; // 2 x 3 crossbars
    static constexpr std::int64_t kCycle = 100'000;
    Rng rng = make_rng(1, "isaac chip");
    std::vector<std::int32_t> weights;

    IsaacLayerRequest layer(std::size_t inputs = kInputs, std::size_t outputs = kOutputs) {
        weights.resize(inputs * outputs);
        for (auto& weight : weights) weight = random_int(rng, -32768, 32767);
        return {&weights, inputs, outputs, 0};
    }
    std::vector<std::uint32_t> random_inputs(std::size_t count = kInputs) {
        std::vector<std::uint32_t> inputs(count);
        for (auto& input : inputs) input = static_cast<std::uint32_t>(random_int(rng, 0, 65535));
        return inputs;
    }
    /// Programs a layer of the usual size.
    void program() {
        auto request = layer();
        ASSERT_EQ(ask(bench.layer_isock, request).status, tlm::TLM_OK_RESPONSE);
        ASSERT_EQ(request.layer, 0U);
    }
    Answer operate(const std::vector<std::uint32_t>& inputs, std::size_t number = 0) {
        operation = {number, &inputs, {}};
        return ask(bench.isock, operation);
    }
    IsaacOperation operation;
};

TEST_F(IsaacChipTest, MultipliesExactlyOverAllItsCrossbars) {
    simulate([&] {
        program();
        for (int i = 0; i < 3; ++i) {
            const auto inputs = random_inputs();
            ASSERT_EQ(operate(inputs).status, tlm::TLM_OK_RESPONSE);
            for (std::size_t o = 0; o < kOutputs; ++o) {
                std::int64_t expected = 0;
                for (std::size_t k = 0; k < kInputs; ++k)
                    expected += std::int64_t{inputs[k]} * weights[k * kOutputs + o];
                EXPECT_EQ(operation.sums[o], expected);
            }
        }
        EXPECT_EQ(stat(bench.dut, "arrays_used"), 6);
    });
}

TEST_F(IsaacChipTest, AnOperationTakes22CyclesAndTheNextFollowsAfter16) {
    simulate([&] {
        program();
        const auto inputs = random_inputs();
        EXPECT_EQ(operate(inputs).time, ps(22 * kCycle));
        EXPECT_EQ(operate(inputs).time, ps((16 + 22) * kCycle));
        EXPECT_EQ(operate(inputs).time, ps((2 * 16 + 22) * kCycle));
        wait(ps(1'000 * kCycle));
        EXPECT_EQ(operate(inputs).time, ps(22 * kCycle)) << "the pipeline has run empty";
    });
}

TEST_F(IsaacChipTest, TimeAndEnergyAreThoseOfTheEstimate) {
    simulate([&] {
        program();
        constexpr std::int64_t kPositions = 5;
        Answer last;
        for (std::int64_t i = 0; i < kPositions; ++i) last = operate(random_inputs());
        const LayerEstimate expected = estimate(LayerWork{"layer", kPositions, kInputs, kOutputs, 1}, small_isaac());
        EXPECT_EQ(last.time, ps(expected.time.value));
        EXPECT_EQ(expected.arrays, 6);
        std::int64_t estimated = 0;
        for (const EnergyPart& part : expected.energy)
            if (part.name != "array" && part.name != "buffers and network") estimated += part.energy.value;
        // 2.4 mW for 3 arrays. One in part use is charged whole here, and registers and tile for the cycles in which it
        // works.
        const std::int64_t cycles = 16 * kPositions * 6;
        estimated += cycles * 80'000 + cycles * energy_of(surroundings(small_isaac()), Ps{kCycle}).value;
        EXPECT_NEAR(static_cast<double>(total_energy(bench.dut).value), static_cast<double>(estimated),
                    1e-3 * static_cast<double>(estimated));
    });
}

TEST_F(IsaacChipTest, LayersTakeTheCrossbarsOneAfterAnotherUntilTheyRunOut) {
    simulate([&] {
        program();
        auto second = layer(128, 96); // 1 x 6 crossbars: all that are left
        ASSERT_EQ(ask(bench.layer_isock, second).status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(second.layer, 1U);
        EXPECT_EQ(operate(random_inputs(128), 1).time, ps(22 * kCycle));
        auto third = layer(1, 1);
        EXPECT_EQ(ask(bench.layer_isock, third).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(stat(bench.dut, "arrays_used"), 12);
    });
}

TEST_F(IsaacChipTest, ImpossibleRequestsAreRefused) {
    simulate([&] {
        program();
        EXPECT_EQ(operate(random_inputs(kInputs - 1)).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(operate(random_inputs(), 1).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(ask_nothing(bench.isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(ask_nothing(bench.layer_isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        auto wide = layer(1, 1);
        weights[0] = 40'000;
        EXPECT_EQ(ask(bench.layer_isock, wide).status, tlm::TLM_ADDRESS_ERROR_RESPONSE) << "17 bits";
        auto ragged = layer(2, 2);
        weights.pop_back();
        EXPECT_EQ(ask(bench.layer_isock, ragged).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
    });
}

TEST_F(IsaacChipTest, WhatWasOrderedBeforeThePowerWentDelaysNothingAfterwards) {
    simulate([&] {
        program();
        const auto inputs = random_inputs();
        const sc_core::sc_time single = operate(inputs).time;
        for (int i = 0; i < 1000; ++i) operate(inputs);
        EXPECT_GT(operate(inputs).time, single);
        bench.power(false);
        bench.power(true);
        EXPECT_EQ(operate(inputs).time, single);
    });
}

TEST_F(IsaacChipTest, WeightsSurvivePowerLossInClear) { // what the protected chip is compared with
    simulate([&] {
        program();
        const auto inputs = random_inputs();
        operate(inputs);
        const auto before = operation.sums;
        bench.power(false);
        EXPECT_EQ(operate(inputs).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        bench.power(true);
        ASSERT_EQ(operate(inputs).status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(operation.sums, before);
    });
}

} // namespace
} // namespace veilram::test
