// The write path of ISAAC's crossbars: levels, the journal, and what it refuses.
#include "hw/isaac/isaac_chip.hpp"
#include "hw/isaac/isaac_writer.hpp"
#include "tb/support/isaac_table.hpp"
#include "tb/support/powered_bench.hpp"

namespace veilram::test {
namespace {

constexpr std::uint32_t kArrays = 2, kRows = 128, kColumns = 128;
constexpr std::int64_t kVerify = 4'000, kPulse = 50'000;

IsaacConfig small_isaac() {
    IsaacConfig config = published_isaac();
    config.bits = 8;
    config.tiles = config.imas_per_tile = 1;
    config.arrays_per_ima = kArrays;
    return config;
}

struct WriterBench : PoweredBench {
    RequestInitiator<WriterBench, IsaacLayerRequest> layer_isock{"layer_isock"};
    RequestInitiator<WriterBench, IsaacOperation> operation_isock{"operation_isock"};
    RequestInitiator<WriterBench, CellWriteRequest> write_isock{"write_isock"};
    RequestInitiator<WriterBench, RowReadRequest> journal_isock{"journal_isock"};
    tlm_utils::simple_initiator_socket<WriterBench> cell_isock{"cell_isock"};
    IsaacChip chip{"chip", small_isaac()};
    IsaacWriter dut{"dut", {kArrays, kRows, kColumns, 2, 1, {Ps{kVerify}, Fj{3}}, {Ps{kPulse}, Fj{600}}, 1}};

    explicit WriterBench(const sc_core::sc_module_name& name) : PoweredBench(name) {
        layer_isock.bind(chip.layer_tsock);
        operation_isock.bind(chip.tsock);
        write_isock.bind(dut.write_tsock);
        journal_isock.bind(dut.journal_tsock);
        cell_isock.bind(dut.cell_tsock);
        dut.row_isock.bind(chip.row_tsock);
        chip.rail_i.bind(rail);
        dut.rail_i.bind(rail);
    }
    /// 2 inputs, 3 outputs of 4 cells each.
    void program() {
        const std::vector<std::int32_t> weights{1, -2, 3, 100, -128, 127};
        IsaacLayerRequest layer{&weights, 2, 3, 0};
        ASSERT_EQ(ask(layer_isock, layer).status, tlm::TLM_OK_RESPONSE);
    }
    Answer write(std::vector<CellWrite> cells) {
        CellWriteRequest request{std::move(cells), false, {}};
        return ask(write_isock, request);
    }
    std::uint8_t cell(std::uint64_t row, std::uint64_t column) {
        std::uint8_t digit = 0xff;
        EXPECT_EQ(debug_access(cell_isock, tlm::TLM_READ_COMMAND, row * kColumns + column, &digit, 1), 1U);
        return digit;
    }
    std::vector<std::int64_t> sums() {
        const std::vector<std::uint32_t> inputs{1, 1};
        IsaacOperation operation{0, &inputs, {}};
        EXPECT_EQ(ask(operation_isock, operation).status, tlm::TLM_OK_RESPONSE);
        return operation.sums;
    }
};

class IsaacWriterTest : public BenchTest<WriterBench> {};

TEST_F(IsaacWriterTest, WritesADigitInStepsAndTheArrayComputesWithIt) {
    simulate([&] {
        bench.program();
        EXPECT_EQ(bench.sums(), (std::vector<std::int64_t>{101, -130, 130}));
        ASSERT_EQ(bench.cell(0, 0), 1); // 1 + 128 = 2001 in digits of 2 bits, lowest first
        const Answer answer = bench.write({{0, 0, 3}});
        EXPECT_EQ(answer.status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(answer.time, ps(2 * (kVerify + kPulse)));
        wait(answer.time + ps(7));
        EXPECT_EQ(bench.cell(0, 0), 3);
        EXPECT_EQ(bench.sums(), (std::vector<std::int64_t>{103, -130, 130}));
        EXPECT_EQ(stat(bench.dut, "pulses"), 2);
        EXPECT_EQ(stat(bench.dut, "row_reads"), 2);
        EXPECT_EQ(bench.dut.energy(), Fj{2 * 600 + 2 * 3});
    });
}

TEST_F(IsaacWriterTest, TheJournalIsRowsBehindTheArraysAndIsWrittenInTurn) {
    simulate([&] {
        bench.program();
        const Answer answer = bench.write({{kArrays * kRows, 5, 1}, {0, 0, 0}});
        wait(ps(kVerify + kPulse + 7));
        EXPECT_EQ(bench.cell(kArrays * kRows, 5), 1);
        EXPECT_EQ(bench.cell(0, 0), 1) << "not yet";
        RowReadRequest row{kArrays * kRows, 1, {}};
        EXPECT_EQ(ask(bench.journal_isock, row).status, tlm::TLM_OK_RESPONSE);
        EXPECT_TRUE(get_bit(row.bits.data(), 5));
        row.row = 0;
        EXPECT_EQ(ask(bench.journal_isock, row).status, tlm::TLM_ADDRESS_ERROR_RESPONSE) << "no way to the weights";
        wait(answer.time);
        EXPECT_EQ(bench.cell(0, 0), 0);
    });
}

TEST_F(IsaacWriterTest, PowerThatGoesTearsThePulseAtWorkAndCellsStay) {
    simulate([&] {
        bench.program();
        bench.write({{0, 0, 3}, {1, 1, 0}});
        const std::uint8_t before = bench.cell(1, 1);
        wait(ps(kVerify + kPulse + kVerify + kPulse / 2)); // in the second step of the first cell
        bench.power(false);
        EXPECT_TRUE(bench.cell(0, 0) == 2 || bench.cell(0, 0) == 3);
        EXPECT_EQ(stat(bench.dut, "torn_pulses"), 1);
        EXPECT_EQ(bench.write({{0, 0, 1}}).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_GT(bench.dut.remanent().secrets, 0);
        bench.power(true);
        wait(ps(10 * kPulse));
        EXPECT_EQ(bench.cell(1, 1), before) << "the queue is gone";
        wait(bench.write({{0, 0, 1}}).time + ps(7));
        EXPECT_EQ(bench.cell(0, 0), 1);
    });
}

TEST_F(IsaacWriterTest, WhatIsNoCellOrNoLevelIsRefused) {
    simulate([&] {
        bench.program();
        EXPECT_EQ(bench.write({{0, kColumns, 0}}).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.write({{kArrays * kRows + 1, 0, 0}}).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.write({{127, 0, 1}}).status, tlm::TLM_ADDRESS_ERROR_RESPONSE) << "no weight is there";
        EXPECT_EQ(bench.write({{0, 12, 1}}).status, tlm::TLM_ADDRESS_ERROR_RESPONSE) << "nor there";
        EXPECT_EQ(bench.write({{0, 0, 4}}).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.write({{kArrays * kRows, 0, 2}}).status, tlm::TLM_ADDRESS_ERROR_RESPONSE)
            << "a journal has bits";
        EXPECT_EQ(ask_nothing(bench.write_isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        std::uint8_t digit = 3;
        EXPECT_EQ(transfer(bench.cell_isock, tlm::TLM_WRITE_COMMAND, 0, &digit, 1).status,
                  tlm::TLM_COMMAND_ERROR_RESPONSE);
        EXPECT_EQ(debug_access(bench.cell_isock, tlm::TLM_WRITE_COMMAND, 0, &digit, 1), 0U);
        EXPECT_EQ(debug_access(bench.cell_isock, tlm::TLM_READ_COMMAND, (kArrays * kRows + 1) * kColumns, &digit, 1),
                  0U);
        EXPECT_EQ(bench.cell(0, 0), 1);
        EXPECT_EQ(bench.cell(127, 127), 0) << "cells that no weight uses";
        EXPECT_EQ(stat(bench.dut, "pulses"), 0);
    });
}

} // namespace
} // namespace veilram::test
