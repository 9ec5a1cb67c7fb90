#include "hw/crossbar/sign_crossbar.hpp"
#include "hw/digital/digital_unit.hpp"
#include "tb/support/powered_bench.hpp"
#include "tb/support/random_data.hpp"

#include <algorithm>
#include <set>

namespace veilram::test {
namespace {

constexpr int kN = 2;
constexpr std::uint32_t kFirstCrossbar = 3; ///< of the layer, in the chip's numbering
constexpr std::uint32_t kCrossbars = 7;
constexpr int kGroups = 2;
constexpr int kInputs = 8; ///< of a group: 2 channels of 2x2 taps
constexpr int kOutputs = 3;
constexpr std::size_t kPositions = 9;
constexpr std::size_t kPixels = 4 * 4 * 4;
constexpr std::int64_t kElement = 110, kAccumulate = 900, kMaskRow = 5'000, kRowRead = 4'000;

Node node(Op op, std::vector<ValueId> inputs) { return {op_name(op), std::move(op), std::move(inputs), {}}; }

/// One grouped convolution as the last node: its outputs are the logits.
Program conv_program(SignMode mode) {
    Conv conv;
    conv.window.kernel_h = conv.window.kernel_w = 2;
    conv.groups = kGroups;
    conv.weight.shape = {kGroups * kOutputs, 2, 2, 2}; // no data: the program is public
    Program program;
    program.graph = {"conv", {4, 4, 4}, {node(conv, {0})}};
    infer_shapes(program.graph);
    program.array.rows = 8;
    program.n = kN;
    program.signs.mode = mode;
    LayerProgram layer;
    layer.first_crossbar = kFirstCrossbar;
    layer.quant.input = {1.0F, 7};
    for (int o = 0; o < kGroups * kOutputs; ++o) {
        layer.quant.weight_scale.push_back(0.5F + 0.25F * static_cast<float>(o));
        layer.quant.bias.push_back(static_cast<float>(o) - 2.5F);
    }
    for (int group = 0; group < kGroups; ++group)
        for (const std::vector<std::int32_t>& inputs : {std::vector{0, 1, 2, -1}, {3, 4, 5, 6}})
            layer.crossbars.push_back({group, 0, kOutputs, inputs}); // input 7 is mapped nowhere: a pruned one
    program.layers = {layer};
    return program;
}

struct DigitalBench : PoweredBench {
    RequestInitiator<DigitalBench, DigitalRequest> isock{"isock"};
    RequestInitiator<DigitalBench, MaskLoad> mask_isock{"mask_isock"};
    RequestInitiator<DigitalBench, RowReadRequest> converter_isock{"converter_isock"};
    tlm_utils::simple_initiator_socket<DigitalBench> cell_isock{"cell_isock"};
    RequestInitiator<DigitalBench, RowReadRequest> idle_row_isock{"idle_row_isock"}; ///< the scheduler's
    RequestInitiator<DigitalBench, CellWriteRequest> idle_write_isock{"idle_write_isock"};
    DigitalUnit dut{"dut", {{Ps{kAccumulate}, Fj{19}}, {Ps{kElement}, Fj{23}}, {Ps{kMaskRow}, Fj{211}}}};
    SignCrossbar signs{"signs", {kCrossbars * kN, 256, {Ps{kRowRead}, Fj{31}}, {}}};

    explicit DigitalBench(const sc_core::sc_module_name& name) : PoweredBench(name) {
        isock.bind(dut.tsock);
        mask_isock.bind(dut.mask_tsock);
        dut.sign_isock.bind(signs.row_tsock[1]);
        converter_isock.bind(signs.row_tsock[0]);
        cell_isock.bind(signs.cell_tsock);
        idle_row_isock.bind(signs.row_tsock[2]);
        idle_write_isock.bind(signs.write_tsock);
        dut.rail_i.bind(rail);
        signs.rail_i.bind(rail);
    }
    /// Carries out `command`, which holds the answer afterwards.
    template <class Command> Answer compute(const Program& program, Command& command) {
        DigitalRequest request{&program, command};
        const Answer answer = ask(isock, request);
        command = std::get<Command>(request.command);
        return answer;
    }
    template <class Command> tlm::tlm_response_status status(const Program& program, Command command) {
        return compute(program, command).status;
    }
    std::vector<float> logits(const Program& program) {
        ReadLogits read;
        EXPECT_EQ(compute(program, read).status, tlm::TLM_OK_RESPONSE);
        return read.logits;
    }
};

class DigitalUnitTest : public BenchTest<DigitalBench> {
protected:
    Program program = conv_program(SignMode::masked);
    Rng rng = make_rng(1, "digital unit test");
    std::vector<std::uint8_t> pixels;
    std::vector<BitMatrix> signs; ///< true ones, by chip crossbar
    Key128 key{};
    std::vector<std::int32_t> weight_sums;
    std::vector<Accumulators> expected; ///< by group

    void draw(std::uint64_t seed) {
        rng = make_rng(seed, "digital unit test");
        pixels = random_bytes(rng, kPixels);
        for (auto& byte : key) byte = static_cast<std::uint8_t>(random_int(rng, 0, 255));
        weight_sums.clear();
        for (int o = 0; o < kGroups * kOutputs; ++o) weight_sums.push_back(random_int(rng, -2000, 2000));
        signs.clear();
        Bytes stored;
        for (std::uint32_t c = 0; c < kCrossbars; ++c) {
            signs.push_back(random_bits(rng, kN, 256));
            BitMatrix masked = signs.back();
            if (program.signs.mode == SignMode::masked) mask_signs(masked, program.signs.generator, key, c);
            const Bytes bytes = to_bytes(masked);
            stored.insert(stored.end(), bytes.begin(), bytes.end());
        }
        debug_access(bench.cell_isock, tlm::TLM_WRITE_COMMAND, 0, stored.data(), stored.size());
    }
    void simulate(std::function<void()> body) {
        BenchTest::simulate([this, body = std::move(body)] {
            draw(1);
            body();
        });
    }
    Answer load_mask() {
        MaskLoad load{&key, &weight_sums, 0};
        return ask(bench.mask_isock, load);
    }
    Answer load_input() {
        LoadInput load{pixels.data()};
        return bench.compute(program, load);
    }
    LevelMap level_map(int group) const {
        return map_levels(program.graph.nodes[0].op, group, to_tensor(pixels.data(), 1, {4, 4, 4}, program.input),
                          program.layers[0].quant.input);
    }
    /// A table of random codes for one block of kOutputs row pairs.
    std::vector<CodeTable> random_codes() {
        std::vector<CodeTable> codes(1, CodeTable(kStreamBits * width_for(kOutputs)));
        for (auto& code : codes[0]) code = static_cast<std::uint8_t>(random_int(rng, 0, 255));
        return codes;
    }
    /// Selects, draws codes, accumulates; adds sign * code to `expected` by definition.
    void run_slot(std::size_t crossbar, int slot, const LevelMap& levels) {
        const CrossbarPlan& plan = program.layers[0].crossbars[crossbar];
        SelectLevels selection;
        selection.input = plan.inputs[static_cast<std::size_t>(slot)];
        selection.group = plan.group;
        ASSERT_EQ(bench.compute(program, selection).status, tlm::TLM_OK_RESPONSE);
        const std::vector<CodeTable> codes = random_codes();
        ASSERT_EQ(bench.status(program, Accumulate{crossbar, slot, &codes}), tlm::TLM_OK_RESPONSE);
        const BitMatrix& row = signs[kFirstCrossbar + crossbar];
        for (std::size_t p = 0; p < kPositions; ++p) {
            const std::size_t level = levels.at(p, static_cast<std::size_t>(selection.input));
            ASSERT_TRUE(selection.levels[level]);
            for (std::size_t o = 0; o < kOutputs; ++o) {
                const std::size_t place = (slot < kN ? 0 : 4) + o; // four row pairs
                const int sign = row.get(static_cast<std::size_t>(slot % kN), place) ? -1 : 1;
                expected[static_cast<std::size_t>(plan.group)].acc[p * kOutputs + o] +=
                    sign * static_cast<int>(code_of(codes, level, o));
            }
        }
    }
    void begin_group(int group) {
        ASSERT_EQ(bench.status(program, BeginGroup{0, group}), tlm::TLM_OK_RESPONSE);
        expected.push_back({kPositions, kOutputs, std::vector<std::int32_t>(kPositions * kOutputs)});
    }
    void run_slots(int group) {
        const LevelMap levels = level_map(group);
        const auto& plans = program.layers[0].crossbars;
        for (std::size_t c = 0; c < plans.size(); ++c)
            for (int slot = 0; slot < 2 * kN; ++slot)
                if (plans[c].group == group && plans[c].inputs[static_cast<std::size_t>(slot)] >= 0)
                    run_slot(c, slot, levels);
    }
    void run_group(int group) {
        begin_group(group);
        run_slots(group);
        ASSERT_EQ(bench.status(program, EndGroup{group}), tlm::TLM_OK_RESPONSE);
    }
    void check_layer(std::uint64_t seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        draw(seed);
        expected.clear();
        ASSERT_EQ(load_input().status, tlm::TLM_OK_RESPONSE);
        ASSERT_EQ(load_mask().status, tlm::TLM_OK_RESPONSE);
        Tensor out(Shape{1, kGroups * kOutputs, 3, 3});
        for (int group = 0; group < kGroups; ++group) {
            run_group(group);
            const auto first = weight_sums.begin() + group * kOutputs;
            dequantise(expected.back(), group, 1, program.layers[0].quant, {first, first + kOutputs}, out);
        }
        EXPECT_EQ(bench.logits(program), out.data);
    }
};

TEST_F(DigitalUnitTest, AMaskedLayerIsTheSumOfSignTimesCount) {
    simulate([&] {
        for (const auto seed : kSeeds) check_layer(seed);
    });
}

TEST_F(DigitalUnitTest, ALayerWithPublicSignsIsTheSumOfSignTimesCount) {
    program = conv_program(SignMode::public_signs);
    simulate([&] {
        for (const auto seed : kSeeds) check_layer(seed);
        EXPECT_EQ(stat(bench.dut, "mask_rows"), 0);
    });
}

TEST_F(DigitalUnitTest, GroupsMayBeOpenSideBySide) {
    simulate([&] {
        draw(kSeeds[0]);
        load_input();
        load_mask();
        for (int group = 0; group < kGroups; ++group) begin_group(group);
        for (int group = kGroups - 1; group >= 0; --group) run_slots(group);
        Tensor out(Shape{1, kGroups * kOutputs, 3, 3});
        for (int group = 0; group < kGroups; ++group) {
            EXPECT_EQ(bench.status(program, EndGroup{group}), tlm::TLM_OK_RESPONSE);
            EXPECT_EQ(bench.status(program, EndGroup{group}), tlm::TLM_COMMAND_ERROR_RESPONSE) << "it has ended";
            const auto first = weight_sums.begin() + group * kOutputs;
            dequantise(expected[static_cast<std::size_t>(group)], group, 1, program.layers[0].quant,
                       {first, first + kOutputs}, out);
        }
        EXPECT_EQ(bench.logits(program), out.data);
    });
}

TEST_F(DigitalUnitTest, SelectedLevelsAreThoseOfTheInputsChannel) {
    simulate([&] {
        load_input();
        bench.status(program, BeginGroup{0, 1});
        const LevelMap levels = level_map(1);
        for (int input = 0; input < kInputs; ++input) {
            SelectLevels selection;
            selection.input = input;
            selection.group = 1;
            bench.compute(program, selection);
            EXPECT_EQ(selection.levels, levels.seen_by(static_cast<std::size_t>(input)));
            EXPECT_LE(selection.levels.count(), 16U) << "a channel has 16 values and no padding";
            EXPECT_EQ(selection.positions, static_cast<std::int64_t>(kPositions));
        }
    });
}

TEST_F(DigitalUnitTest, DigitalNodesAreTheOnesOfTheModels) {
    MaxPool pool;
    pool.window.kernel_h = pool.window.kernel_w = 2;
    program.graph = {"digital", {4, 4, 4}, {node(Relu{}, {0}), node(pool, {1}), node(Flatten{}, {2})}};
    infer_shapes(program.graph);
    program.layers.clear();
    program.input.mean = {0.5F, 0.5F, 0.5F, 0.5F};
    simulate([&] {
        Tensor value = to_tensor(pixels.data(), 1, {4, 4, 4}, program.input);
        load_input();
        for (std::size_t i = 0; i < program.graph.nodes.size(); ++i) {
            EXPECT_EQ(bench.status(program, RunNode{i}), tlm::TLM_OK_RESPONSE);
            value = digital(program.graph.nodes[i], {&value});
        }
        EXPECT_EQ(bench.logits(program), value.data);
    });
}

TEST_F(DigitalUnitTest, EveryCommandTakesItsTime) {
    simulate([&] {
        EXPECT_EQ(load_mask().time, ps(kElement));
        EXPECT_EQ(load_input().time, ps(kPixels * kElement));
        BeginGroup begin{0, 0};
        EXPECT_EQ(bench.compute(program, begin).time, ps(kPixels * kElement)); // quantises the whole input
        begin.group = 1;
        EXPECT_EQ(bench.compute(program, begin).time, ps(0)); // which is quantised already
        SelectLevels selection;
        selection.group = 1;
        EXPECT_EQ(bench.compute(program, selection).time, ps(0));
        const std::vector<CodeTable> codes = random_codes();
        Accumulate add{2, 0, &codes};
        EXPECT_EQ(bench.compute(program, add).time, ps(kRowRead + kMaskRow + kPositions * kAccumulate));
        EndGroup end{1};
        EXPECT_EQ(bench.compute(program, end).time, ps(kPositions * kOutputs * kElement));
        ReadLogits read;
        bench.compute(program, read);
        EXPECT_EQ(bench.compute(program, read).time, ps(kGroups * kOutputs * kPositions * kElement));
    });
}

TEST_F(DigitalUnitTest, CommandsOutOfOrderAreRefused) {
    simulate([&] {
        SelectLevels selection;
        const std::vector<CodeTable> codes;
        const auto refused = tlm::TLM_COMMAND_ERROR_RESPONSE;
        load_mask();
        EXPECT_EQ(bench.status(program, RunNode{0}), refused);
        EXPECT_EQ(bench.status(program, BeginGroup{0, 0}), refused);
        EXPECT_EQ(bench.status(program, selection), refused);
        EXPECT_EQ(bench.status(program, Accumulate{0, 0, &codes}), refused);
        EXPECT_EQ(bench.status(program, EndGroup{}), refused);
        EXPECT_EQ(bench.status(program, ReadLogits{}), refused);
        load_input();
        EXPECT_EQ(bench.status(program, Accumulate{0, 0, &codes}), refused);
        EXPECT_EQ(bench.status(program, EndGroup{}), refused);
        EXPECT_EQ(bench.status(program, BeginGroup{0, 0}), tlm::TLM_OK_RESPONSE);
        load_input(); // the next image ends the group
        EXPECT_EQ(bench.status(program, EndGroup{}), refused);
    });
}

TEST_F(DigitalUnitTest, ImpossibleOperandsAreRefused) {
    simulate([&] {
        load_mask();
        load_input();
        const auto refused = tlm::TLM_COMMAND_ERROR_RESPONSE;
        EXPECT_EQ(bench.status(program, LoadInput{}), refused);
        EXPECT_EQ(bench.status(program, RunNode{0}), refused) << "a matrix node is no digital one";
        EXPECT_EQ(bench.status(program, RunNode{1}), refused);
        EXPECT_EQ(bench.status(program, BeginGroup{1, 0}), refused);
        EXPECT_EQ(bench.status(program, BeginGroup{0, kGroups}), refused);
        EXPECT_EQ(bench.status(program, BeginGroup{0, -1}), refused);
        ASSERT_EQ(bench.status(program, BeginGroup{0, 0}), tlm::TLM_OK_RESPONSE);
        for (const int input : {-1, kInputs}) {
            SelectLevels selection;
            selection.input = input;
            EXPECT_EQ(bench.status(program, selection), refused);
        }
        const std::vector<CodeTable> codes = random_codes(), none, few(1, CodeTable(2)), many(2, codes[0]);
        EXPECT_EQ(bench.status(program, Accumulate{0, 0, nullptr}), refused);
        EXPECT_EQ(bench.status(program, Accumulate{0, 0, &none}), refused);
        EXPECT_EQ(bench.status(program, Accumulate{0, 0, &few}), refused);
        EXPECT_EQ(bench.status(program, Accumulate{0, 0, &many}), refused);
        EXPECT_EQ(bench.status(program, Accumulate{4, 0, &codes}), refused);
        EXPECT_EQ(bench.status(program, Accumulate{0, 2 * kN, &codes}), refused);
        EXPECT_EQ(bench.status(program, Accumulate{0, -1, &codes}), refused);
        EXPECT_EQ(bench.status(program, Accumulate{0, 0, &codes}), tlm::TLM_OK_RESPONSE);
    });
}

TEST_F(DigitalUnitTest, TransactionsWithoutARequestAreRefused) {
    simulate([&] {
        DigitalRequest no_program;
        EXPECT_EQ(ask(bench.isock, no_program).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(ask_nothing(bench.isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(ask_nothing(bench.mask_isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(bench.dut.energy(), Fj{});
    });
}

TEST_F(DigitalUnitTest, IsLockedWithoutMaskKeyAndSums) {
    simulate([&] {
        const auto try_slot = [&] {
            load_input();
            bench.status(program, BeginGroup{0, 0});
            SelectLevels selection;
            bench.compute(program, selection);
            const std::vector<CodeTable> codes = random_codes();
            const auto accumulated = bench.status(program, Accumulate{0, 0, &codes});
            return std::pair(accumulated, bench.status(program, EndGroup{}));
        };
        const auto locked = std::pair(tlm::TLM_COMMAND_ERROR_RESPONSE, tlm::TLM_COMMAND_ERROR_RESPONSE);
        EXPECT_EQ(try_slot(), locked);
        load_mask();
        EXPECT_EQ(try_slot(), std::pair(tlm::TLM_OK_RESPONSE, tlm::TLM_OK_RESPONSE));
        MaskLoad erase;
        EXPECT_EQ(ask(bench.mask_isock, erase).status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(try_slot(), locked);
    });
}

TEST_F(DigitalUnitTest, HasRoomForTheSecretsOfOneLayerAndTakesNoOthers) {
    simulate([&] {
        load_mask();
        MaskLoad second{&key, &weight_sums, 1};
        EXPECT_EQ(ask(bench.mask_isock, second).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        MaskLoad nameless{&key, &weight_sums, {}};
        EXPECT_EQ(ask(bench.mask_isock, nameless).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        MaskLoad erase_first{nullptr, nullptr, 0};
        EXPECT_EQ(ask(bench.mask_isock, erase_first).status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(ask(bench.mask_isock, second).status, tlm::TLM_OK_RESPONSE);
    });
}

TEST_F(DigitalUnitTest, PowerLossEmptiesBuffersAndSecrets) {
    simulate([&] {
        load_mask();
        load_input();
        bench.status(program, BeginGroup{0, 0});
        bench.power(false);
        EXPECT_EQ(load_input().status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(load_mask().status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        bench.power(true);
        EXPECT_EQ(bench.status(program, ReadLogits{}), tlm::TLM_COMMAND_ERROR_RESPONSE);
        EXPECT_EQ(bench.status(program, SelectLevels{}), tlm::TLM_COMMAND_ERROR_RESPONSE);
        EXPECT_EQ(bench.status(program, EndGroup{}), tlm::TLM_COMMAND_ERROR_RESPONSE);
        load_input();
        bench.status(program, BeginGroup{0, 0});
        EXPECT_EQ(bench.status(program, EndGroup{}), tlm::TLM_COMMAND_ERROR_RESPONSE); // still locked
        check_layer(2); // the sign rows are non-volatile, all else is loaded anew
    });
}

TEST_F(DigitalUnitTest, WhatThePowerLeavesIsKeysSumsAndActivations) {
    simulate([&] {
        load_mask();
        load_input();
        bench.power(false);
        EXPECT_EQ(bench.dut.remanent().secrets, 128 + 32 * static_cast<std::int64_t>(weight_sums.size()));
        EXPECT_EQ(bench.dut.remanent().activations, 32 * kPixels);
        bench.power(true);
        load_mask();
        load_input();
        MaskLoad erase;
        ask(bench.mask_isock, erase);
        EXPECT_EQ(bench.status(program, BeginGroup{0, 0}), tlm::TLM_COMMAND_ERROR_RESPONSE) << "the input is gone too";
        bench.power(false);
        EXPECT_EQ(bench.dut.remanent().secrets, 0);
        EXPECT_EQ(bench.dut.remanent().activations, 0);
    });
}

TEST_F(DigitalUnitTest, IsClosedToDebugAccess) {
    simulate([&] {
        load_mask();
        load_input();
        EXPECT_TRUE(closed_to_debug(bench.isock));
        EXPECT_TRUE(closed_to_debug(bench.mask_isock));
    });
}

TEST_F(DigitalUnitTest, EnergyIsEventsTimesCost) {
    simulate([&] {
        check_layer(1);
        const std::int64_t slots = 2 * 7, outputs = kGroups * kOutputs * kPositions;
        EXPECT_EQ(stat(bench.dut, "accumulations"), slots * kPositions * kOutputs);
        EXPECT_EQ(stat(bench.dut, "mask_rows"), slots);
        EXPECT_EQ(stat(bench.dut, "elements"), kPixels + kPixels + outputs + outputs); // in, levels, out, read
        EXPECT_EQ(bench.dut.energy(), Fj{stat(bench.dut, "accumulations") * 19 + stat(bench.dut, "elements") * 23 +
                                         stat(bench.dut, "mask_rows") * 211});
        EXPECT_EQ(stat(bench.dut, "energy"), bench.dut.energy().value);
    });
}

} // namespace
} // namespace veilram::test
