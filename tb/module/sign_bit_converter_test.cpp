#include "hw/converter/sign_bit_converter.hpp"
#include "hw/crossbar/sign_crossbar.hpp"
#include "tb/support/implementations.hpp"
#include "tb/support/powered_bench.hpp"
#include "tb/support/random_data.hpp"

namespace veilram::test {
namespace {

constexpr std::uint32_t kCrossbars = 2;
constexpr int kN = 3;
constexpr std::size_t kRows = kCrossbars * kN;

struct ConverterBench : PoweredBench {
    RequestInitiator<ConverterBench, ConversionRequest> isock{"isock"};
    RequestInitiator<ConverterBench, StartLoad> load_isock{"load_isock"};
    RequestInitiator<ConverterBench, RowReadRequest> digital_isock{"digital_isock"}; ///< the sign rows' other reader
    tlm_utils::simple_initiator_socket<ConverterBench> cell_isock{"cell_isock"};
    RequestInitiator<ConverterBench, RowReadRequest> idle_row_isock{"idle_row_isock"}; ///< the scheduler's
    RequestInitiator<ConverterBench, CellWriteRequest> idle_write_isock{"idle_write_isock"};
    PinClock pins{Ps{833}};
    SignBitConverter dut{
        "dut", {256, kN, 2, {Ps{900}, Fj{5}}, {Ps{20'000}, Fj{211}}, 2, OfEveryImplementation::GetParam()}, &pins};
    SignCrossbar signs{"signs", {kRows, 256, {Ps{4'000}, Fj{31}}, {Ps{50'000}, Fj{1009}}}};

    explicit ConverterBench(const sc_core::sc_module_name& name) : PoweredBench(name) {
        isock.bind(dut.tsock);
        load_isock.bind(dut.load_tsock);
        dut.sign_isock.bind(signs.row_tsock[0]);
        digital_isock.bind(signs.row_tsock[1]);
        cell_isock.bind(signs.cell_tsock);
        idle_row_isock.bind(signs.row_tsock[2]);
        idle_write_isock.bind(signs.write_tsock);
        dut.rail_i.bind(rail);
        signs.rail_i.bind(rail);
    }
    void program(const BitMatrix& cells) {
        Bytes bytes = to_bytes(cells);
        ASSERT_EQ(debug_access(cell_isock, tlm::TLM_WRITE_COMMAND, 0, bytes.data(), bytes.size()), bytes.size());
    }
    Answer load(const StartTable* table, std::optional<std::uint32_t> layer = 0) {
        StartLoad request{table, layer};
        return ask(load_isock, request);
    }
};

class SignBitConverterTest : public BenchTest<ConverterBench>, public OfEveryImplementation {
protected:
    Rng rng = make_rng(1, "sign-bit converter test");
    BitMatrix cells = random_bits(rng, kRows, 256);
    LevelSet levels = random_levels(rng);
    StartTable table = random_table(rng);

    static StartTable random_table(Rng& rng) {
        StartTable table{};
        for (auto& start : table) start = static_cast<std::uint8_t>(random_int(rng, 0, 255));
        return table;
    }
    void simulate(std::function<void()> body) {
        BenchTest::simulate([this, body = std::move(body)] {
            bench.program(cells);
            body();
        });
    }
    ConversionRequest conversion(std::uint32_t crossbar = 0, std::uint32_t row = 0,
                                 std::int64_t conversions = 40) const {
        ConversionRequest request;
        request.crossbar = crossbar;
        request.row = row;
        request.levels = &levels;
        request.conversions = conversions;
        return request;
    }
    void check_against_the_definition(const ConversionRequest& request) const {
        ASSERT_EQ(request.streams.levels(), levels);
        const Word* source = cells.row(request.crossbar * kN + request.row);
        for (unsigned level = 0; level < kStreamBits; ++level) {
            if (!levels[level]) continue;
            std::vector<Word> expected(4);
            sign_bit_stream_literal(source, 256, level, table[level], expected.data());
            const std::vector<Word> stream = stream_of(request.streams, level);
            EXPECT_EQ(stream, expected) << "crossbar " << request.crossbar << " row " << request.row << " level "
                                        << level;
            EXPECT_EQ(popcount(stream.data(), 4), level);
        }
    }
};

TEST_P(SignBitConverterTest, StreamsOfEveryRowFollowTheDefinition) {
    simulate([&] {
        for (const auto seed : kSeeds) {
            rng = make_rng(seed, "sign-bit converter property");
            cells = random_bits(rng, kRows, 256);
            levels = random_levels(rng);
            table = random_table(rng);
            bench.program(cells);
            bench.load(&table);
            for (std::uint32_t crossbar = 0; crossbar < kCrossbars; ++crossbar)
                for (std::uint32_t row = 0; row < kN; ++row) {
                    auto request = conversion(crossbar, row);
                    ASSERT_EQ(ask(bench.isock, request).status, tlm::TLM_OK_RESPONSE);
                    check_against_the_definition(request);
                }
        }
    });
}

TEST_P(SignBitConverterTest, InjectsAsInThePapersExample) { // Fig. 10: c = 102, L = 217, 115 injected
    simulate([&] {
        BitMatrix row(kRows, 256);
        for (std::size_t t = 0; t < 102; ++t) row.set(0, t, true);
        bench.program(row);
        levels = LevelSet().set(217);
        table.fill(100);
        bench.load(&table);
        auto request = conversion(0, 0, 1);
        ask(bench.isock, request);
        const std::vector<Word> stream = stream_of(request.streams, 217);
        for (std::size_t t = 0; t < 256; ++t) EXPECT_EQ(get_bit(stream.data(), t), t < 102 + 115) << "bit " << t;
    });
}

TEST_P(SignBitConverterTest, AConversionTakesARowReadAndTheInjectorsClocks) {
    simulate([&] {
        EXPECT_EQ(bench.load(&table).time, ps(20'000));
        auto request = conversion(0, 0, 40);
        EXPECT_EQ(ask(bench.isock, request).time, ps(40 * (4'000 + 2 * 900)));
        EXPECT_EQ(stat(bench.signs, "row_reads"), 40);
    });
}

TEST_P(SignBitConverterTest, IsLockedUntilATableIsLoadedAndAfterItIsErased) {
    simulate([&] {
        auto request = conversion();
        EXPECT_FALSE(bench.dut.loaded());
        EXPECT_EQ(ask(bench.isock, request).status, tlm::TLM_COMMAND_ERROR_RESPONSE);
        bench.load(&table);
        EXPECT_TRUE(bench.dut.loaded());
        EXPECT_EQ(ask(bench.isock, request).status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(bench.load(nullptr).status, tlm::TLM_OK_RESPONSE);
        EXPECT_FALSE(bench.dut.loaded());
        auto locked = conversion();
        const Answer answer = ask(bench.isock, locked);
        EXPECT_EQ(answer.status, tlm::TLM_COMMAND_ERROR_RESPONSE);
        EXPECT_EQ(answer.time, ps(0));
        EXPECT_TRUE(locked.streams.levels().empty());
    });
}

TEST_P(SignBitConverterTest, HasATableForEachLayerInClearAndNoMore) {
    simulate([&] {
        ASSERT_EQ(bench.load(&table, 3).status, tlm::TLM_OK_RESPONSE);
        StartTable other = random_table(rng);
        ASSERT_EQ(bench.load(&other, 5).status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(bench.load(&other, 6).status, tlm::TLM_ADDRESS_ERROR_RESPONSE) << "there is room for two";
        auto request = conversion();
        request.layer = 6;
        EXPECT_EQ(ask(bench.isock, request).status, tlm::TLM_COMMAND_ERROR_RESPONSE);
        request.layer = 3;
        ASSERT_EQ(ask(bench.isock, request).status, tlm::TLM_OK_RESPONSE);
        check_against_the_definition(request);
        ASSERT_EQ(bench.load(nullptr, 5).status, tlm::TLM_OK_RESPONSE);
        request.layer = 5;
        EXPECT_EQ(ask(bench.isock, request).status, tlm::TLM_COMMAND_ERROR_RESPONSE);
        EXPECT_TRUE(bench.dut.loaded()) << "the other layer's stays";
        ASSERT_EQ(bench.load(nullptr, {}).status, tlm::TLM_OK_RESPONSE);
        EXPECT_FALSE(bench.dut.loaded());
    });
}

TEST_P(SignBitConverterTest, KeepsACopyOfTheTable) {
    simulate([&] {
        StartTable sent = table;
        bench.load(&sent);
        sent.fill(0); // the scheduler wipes its own
        auto request = conversion();
        ask(bench.isock, request);
        check_against_the_definition(request);
    });
}

TEST_P(SignBitConverterTest, BadRequestsAreRefused) {
    simulate([&] {
        bench.load(&table);
        const auto spent = bench.dut.energy();
        auto no_levels = conversion();
        no_levels.levels = nullptr;
        auto no_crossbar = conversion(kCrossbars);
        auto no_row = conversion(0, kN); // would be the next crossbar's row
        auto nothing = conversion(0, 0, 0);
        EXPECT_EQ(ask(bench.isock, no_levels).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(ask(bench.isock, no_crossbar).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(ask(bench.isock, no_row).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(ask(bench.isock, nothing).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(ask_nothing(bench.isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(ask_nothing(bench.load_isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(bench.dut.energy(), spent);
        EXPECT_EQ(bench.signs.energy(), Fj{});
        EXPECT_TRUE(bench.dut.loaded());
    });
}

TEST_P(SignBitConverterTest, PowerLossEmptiesTheTableForGood) {
    simulate([&] {
        bench.load(&table);
        bench.power(false);
        auto request = conversion();
        EXPECT_EQ(ask(bench.isock, request).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(bench.load(&table).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        bench.power(true);
        EXPECT_FALSE(bench.dut.loaded());
        EXPECT_EQ(ask(bench.isock, request).status, tlm::TLM_COMMAND_ERROR_RESPONSE);
        bench.load(&table);
        EXPECT_EQ(ask(bench.isock, request).status, tlm::TLM_OK_RESPONSE);
        check_against_the_definition(request); // the sign rows are non-volatile
    });
}

TEST_P(SignBitConverterTest, IsClosedToDebugAccess) {
    simulate([&] {
        bench.load(&table);
        EXPECT_TRUE(closed_to_debug(bench.isock));
        EXPECT_TRUE(closed_to_debug(bench.load_isock));
    });
}

TEST_P(SignBitConverterTest, EnergyIsEventsTimesCost) {
    simulate([&] {
        bench.load(&table);
        auto request = conversion(1, 2, 40);
        ask(bench.isock, request);
        bench.load(nullptr);
        EXPECT_EQ(stat(bench.dut, "injections"), 40 * 2);
        EXPECT_EQ(stat(bench.dut, "table_loads"), 2);
        EXPECT_EQ(bench.dut.energy(), Fj{80 * 5 + 2 * 211});
        EXPECT_EQ(stat(bench.dut, "energy"), bench.dut.energy().value);
        EXPECT_EQ(bench.signs.energy(), Fj{40 * 31});
    });
}

INSTANTIATE_TEST_SUITE_P(Made, SignBitConverterTest, ::testing::ValuesIn(implementations()), name_of_parameter);

} // namespace
} // namespace veilram::test
