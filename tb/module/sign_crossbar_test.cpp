#include "hw/crossbar/sign_crossbar.hpp"
#include "tb/support/powered_bench.hpp"
#include "tb/support/random_data.hpp"

namespace veilram::test {
namespace {

constexpr std::uint32_t kRows = 6;
constexpr std::size_t kBits = 256;
constexpr std::size_t kRowBytes = kBits / 8;

struct SignCrossbarBench : PoweredBench {
    RequestInitiator<SignCrossbarBench, RowReadRequest> converter_isock{"converter_isock"};
    RequestInitiator<SignCrossbarBench, RowReadRequest> digital_isock{"digital_isock"};
    RequestInitiator<SignCrossbarBench, RowReadRequest> scheduler_isock{"scheduler_isock"};
    RequestInitiator<SignCrossbarBench, CellWriteRequest> write_isock{"write_isock"};
    tlm_utils::simple_initiator_socket<SignCrossbarBench> cell_isock{"cell_isock"};
    SignCrossbar dut{"dut", {kRows, kBits, {Ps{4'000}, Fj{31}}, {Ps{50'000}, Fj{1009}}}};

    Fj energy; ///< of the last write

    explicit SignCrossbarBench(const sc_core::sc_module_name& name) : PoweredBench(name) {
        converter_isock.bind(dut.row_tsock[0]);
        digital_isock.bind(dut.row_tsock[1]);
        scheduler_isock.bind(dut.row_tsock[2]);
        write_isock.bind(dut.write_tsock);
        cell_isock.bind(dut.cell_tsock);
        dut.rail_i.bind(rail);
    }
    void program(const BitMatrix& cells) {
        Bytes bytes = to_bytes(cells);
        ASSERT_EQ(debug_access(cell_isock, tlm::TLM_WRITE_COMMAND, 0, bytes.data(), bytes.size()), bytes.size());
    }
    Answer write(std::vector<CellWrite> cells, bool abandon = false) {
        CellWriteRequest request{std::move(cells), abandon, {}};
        const Answer answer = ask(write_isock, request);
        energy = request.energy;
        return answer;
    }
    bool cell(std::size_t row, std::size_t column) { return dump().get(row, column); }
    BitMatrix dump() {
        Bytes bytes(kRows * kRowBytes);
        EXPECT_EQ(debug_access(cell_isock, tlm::TLM_READ_COMMAND, 0, bytes.data(), bytes.size()), bytes.size());
        return from_bytes(bytes.data(), bytes.size(), kRows, kBits);
    }
};

class SignCrossbarTest : public BenchTest<SignCrossbarBench> {
protected:
    static BitMatrix cells(std::uint64_t seed) {
        Rng rng = make_rng(seed, "sign crossbar test");
        return random_bits(rng, kRows, kBits);
    }
    static RowReadRequest row(std::uint32_t index, std::int64_t reads = 1) {
        RowReadRequest request;
        request.row = index;
        request.reads = reads;
        return request;
    }
};

TEST_F(SignCrossbarTest, BothReadersSeeTheStoredRow) {
    simulate([&] {
        for (const auto seed : kSeeds) {
            const BitMatrix stored = cells(seed);
            bench.program(stored);
            for (std::uint32_t r = 0; r < kRows; ++r) {
                auto a = row(r), b = row(r);
                EXPECT_EQ(ask(bench.converter_isock, a).status, tlm::TLM_OK_RESPONSE);
                EXPECT_EQ(ask(bench.digital_isock, b).status, tlm::TLM_OK_RESPONSE);
                EXPECT_EQ(a.bits, std::vector<Word>(stored.row(r), stored.row(r) + words_for(kBits)));
                EXPECT_EQ(a.bits, b.bits);
            }
        }
    });
}

TEST_F(SignCrossbarTest, EveryReadOfABurstTakesARowRead) {
    simulate([&] {
        auto once = row(0), often = row(1, 9);
        EXPECT_EQ(ask(bench.converter_isock, once).time, ps(4'000));
        EXPECT_EQ(ask(bench.converter_isock, often).time, ps(9 * 4'000));
        EXPECT_EQ(stat(bench.dut, "row_reads"), 10);
    });
}

TEST_F(SignCrossbarTest, RowsThatDoNotExistAreRefused) {
    simulate([&] {
        auto beyond = row(kRows), never = row(0, 0), negative = row(0, -1);
        for (auto* request : {&beyond, &never, &negative}) {
            EXPECT_EQ(ask(bench.digital_isock, *request).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
            EXPECT_TRUE(request->bits.empty());
        }
        EXPECT_EQ(ask_nothing(bench.digital_isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(bench.dut.energy(), Fj{});
    });
}

TEST_F(SignCrossbarTest, ProgrammingTakesTimeForEachCellThatChanges) {
    simulate([&] {
        std::array<std::uint8_t, 2> bytes{0x07, 0xf0};
        EXPECT_EQ(transfer(bench.cell_isock, tlm::TLM_WRITE_COMMAND, kRowBytes, bytes.data(), 2).time, ps(7 * 50'000));
        EXPECT_EQ(transfer(bench.cell_isock, tlm::TLM_WRITE_COMMAND, kRowBytes, bytes.data(), 2).time, ps(0));
        std::array<std::uint8_t, 2> back{};
        EXPECT_EQ(transfer(bench.cell_isock, tlm::TLM_READ_COMMAND, kRowBytes, back.data(), 2).time, ps(4'000));
        EXPECT_EQ(back, bytes);
        EXPECT_EQ(transfer(bench.cell_isock, tlm::TLM_READ_COMMAND, kRows * kRowBytes, back.data(), 2).status,
                  tlm::TLM_ADDRESS_ERROR_RESPONSE);
    });
}

TEST_F(SignCrossbarTest, CellsSurvivePowerLossAndNothingIsServedWithoutPower) {
    simulate([&] {
        const BitMatrix stored = cells(1);
        bench.program(stored);
        bench.power(false);
        auto request = row(0);
        std::uint8_t byte = 0;
        EXPECT_EQ(ask(bench.converter_isock, request).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(ask(bench.digital_isock, request).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(transfer(bench.cell_isock, tlm::TLM_READ_COMMAND, 0, &byte, 1).status,
                  tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(bench.dump(), stored);
        bench.power(true);
        EXPECT_EQ(ask(bench.converter_isock, request).status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(bench.dump(), stored);
    });
}

TEST_F(SignCrossbarTest, OnlyTheCellPortIsOpenToDebugAccess) {
    simulate([&] {
        EXPECT_TRUE(closed_to_debug(bench.converter_isock));
        EXPECT_TRUE(closed_to_debug(bench.digital_isock));
        EXPECT_FALSE(closed_to_debug(bench.cell_isock));
        EXPECT_EQ(bench.dut.energy(), Fj{}); // and debug access is free
    });
}

TEST_F(SignCrossbarTest, WritesVerifyEveryCellAndPulseThoseThatDiffer) {
    simulate([&] {
        const Answer answer = bench.write({{1, 3, true}, {2, 0, false}, {5, 255, true}});
        EXPECT_EQ(answer.time, ps(3 * 4'000 + 2 * 50'000));
        EXPECT_EQ(bench.energy, Fj{2 * 1009});
        wait(ps(7) + answer.time);
        EXPECT_TRUE(bench.cell(1, 3));
        EXPECT_FALSE(bench.cell(2, 0));
        EXPECT_TRUE(bench.cell(5, 255));
        EXPECT_EQ(stat(bench.dut, "cell_writes"), 2);
        EXPECT_EQ(bench.write({{1, 3, true}, {5, 255, true}}).time, ps(2 * 4'000)) << "they are right already";
        EXPECT_EQ(stat(bench.dut, "most_pulses"), 1);
    });
}

TEST_F(SignCrossbarTest, ACellChangesWithTheEndOfItsPulse) {
    simulate([&] {
        bench.write({{1, 3, true}, {1, 4, true}});
        wait(ps(7 + 4'000 + 50'000 - 1));
        EXPECT_FALSE(bench.cell(1, 3));
        wait(ps(1));
        auto request = row(1);
        ask(bench.digital_isock, request);
        EXPECT_TRUE(get_bit(request.bits.data(), 3));
        EXPECT_FALSE(get_bit(request.bits.data(), 4));
        wait(ps(54'000));
        EXPECT_TRUE(bench.cell(1, 4));
    });
}

TEST_F(SignCrossbarTest, WritesWaitForThoseBefore) {
    simulate([&] {
        const Answer first = bench.write({{1, 3, true}});
        EXPECT_EQ(bench.write({{1, 3, false}}).time, first.time + ps(4'000 + 50'000)) << "it differs from what will be";
        EXPECT_EQ(bench.energy, Fj{2 * 1009});
        EXPECT_EQ(bench.write({}).time, first.time + ps(4'000 + 50'000)) << "how long it takes until all is written";
        wait(ps(7 + 54'000));
        EXPECT_TRUE(bench.cell(1, 3));
        wait(ps(54'000));
        EXPECT_FALSE(bench.cell(1, 3));
        EXPECT_EQ(stat(bench.dut, "most_pulses"), 2);
    });
}

TEST_F(SignCrossbarTest, AbandonedPulsesNeverHappenButTheOneAtWorkDoes) {
    simulate([&] {
        bench.write({{1, 3, true}, {1, 4, true}, {1, 5, true}});
        wait(ps(30'000)); // the first is at work
        bench.write({{1, 4, false}}, true);
        wait(ps(1'000'000));
        EXPECT_TRUE(bench.cell(1, 3));
        EXPECT_FALSE(bench.cell(1, 4));
        EXPECT_FALSE(bench.cell(1, 5));
        EXPECT_EQ(stat(bench.dut, "cell_writes"), 1);
    });
}

TEST_F(SignCrossbarTest, APulseThatPowerCutsShortLeavesEitherValueAndThoseAfterItNothing) {
    simulate([&] {
        std::int64_t ones = 0;
        constexpr std::int64_t kCuts = 200;
        for (std::int64_t i = 0; i < kCuts; ++i) {
            bench.program(BitMatrix(kRows, kBits));
            bench.write({{0, 0, true}, {0, 1, true}, {0, 2, true}});
            wait(ps(54'000 + 30'000)); // the second is at work
            bench.power(false);
            EXPECT_TRUE(bench.cell(0, 0));
            ones += bench.cell(0, 1) ? 1 : 0;
            EXPECT_FALSE(bench.cell(0, 2));
            bench.power(true);
            wait(ps(1'000'000));
            EXPECT_FALSE(bench.cell(0, 2)) << "nothing of the old life happens later";
        }
        EXPECT_NEAR(static_cast<double>(ones), kCuts / 2.0, 30); // four standard deviations
        EXPECT_EQ(stat(bench.dut, "torn_pulses"), kCuts);
    });
}

TEST_F(SignCrossbarTest, WritesOutsideTheCellsChangeNothing) {
    simulate([&] {
        EXPECT_EQ(bench.write({{0, 0, true}, {kRows, 0, true}}).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.write({{0, kBits, true}}).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(ask_nothing(bench.write_isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_TRUE(closed_to_debug(bench.write_isock));
        wait(ps(1'000'000));
        EXPECT_EQ(bench.dump(), BitMatrix(kRows, kBits));
        bench.power(false);
        EXPECT_EQ(bench.write({{0, 0, true}}).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
    });
}

TEST_F(SignCrossbarTest, EnergyIsEventsTimesCost) {
    simulate([&] {
        auto request = row(2, 5);
        ask(bench.digital_isock, request);
        std::uint8_t byte = 0x0f;
        transfer(bench.cell_isock, tlm::TLM_WRITE_COMMAND, 0, &byte, 1);
        EXPECT_EQ(stat(bench.dut, "row_reads"), 5);
        EXPECT_EQ(stat(bench.dut, "cell_writes"), 4);
        EXPECT_EQ(bench.dut.energy(), Fj{5 * 31 + 4 * 1009});
        EXPECT_EQ(stat(bench.dut, "energy"), bench.dut.energy().value);
    });
}

} // namespace
} // namespace veilram::test
