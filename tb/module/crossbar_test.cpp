#include "hw/crossbar/crossbar.hpp"
#include "tb/support/powered_bench.hpp"
#include "tb/support/random_data.hpp"

#include <tuple>

namespace veilram::test {
namespace {

constexpr std::size_t kRowBytes = 32;

CrossbarConfig small_config() {
    CrossbarConfig cfg;
    cfg.array.rows = 16;
    cfg.adcs = 2;
    cfg.array_read = {Ps{10'000}, Fj{101}};
    cfg.adc_conversion = {Ps{1'300}, Fj{7}};
    cfg.cell_write = {Ps{50'000}, Fj{1009}};
    return cfg;
}

struct CrossbarBench : PoweredBench {
    RequestInitiator<CrossbarBench, ReadRequest> read_isock{"read_isock"};
    tlm_utils::simple_initiator_socket<CrossbarBench> cell_isock{"cell_isock"};
    Crossbar dut;

    CrossbarBench(const sc_core::sc_module_name& name, const CrossbarConfig& cfg)
        : PoweredBench(name), dut("dut", cfg) {
        read_isock.bind(dut.read_tsock);
        cell_isock.bind(dut.cell_tsock);
        dut.rail_i.bind(rail);
    }
    void program(const BitMatrix& cells) {
        Bytes bytes = to_bytes(cells);
        ASSERT_EQ(debug_access(cell_isock, tlm::TLM_WRITE_COMMAND, 0, bytes.data(), bytes.size()), bytes.size());
    }
    BitMatrix dump(const ArrayGeometry& array) {
        const auto rows = static_cast<std::size_t>(array.rows);
        const auto cols = static_cast<std::size_t>(array.cols);
        Bytes bytes(rows * ((cols + 7) / 8));
        EXPECT_EQ(debug_access(cell_isock, tlm::TLM_READ_COMMAND, 0, bytes.data(), bytes.size()), bytes.size());
        return from_bytes(bytes.data(), bytes.size(), rows, cols);
    }
};

/// A legal read of all row pairs with random lines, and the streams that it points to.
struct Sample {
    BitMatrix cells;
    StreamSet streams;
    ReadRequest read;

    Sample(std::uint64_t seed, const ArrayGeometry& array) {
        Rng rng = make_rng(seed, "crossbar test");
        const auto cols = static_cast<std::size_t>(array.cols);
        const auto segments = static_cast<std::size_t>(array.segments());
        cells = random_bits(rng, static_cast<std::size_t>(array.rows), cols);
        streams = random_streams(rng, seed % 2 == 0 ? LevelSet().set(128).set(255) : random_levels(rng).set(128));
        read.streams = &streams;
        read.reads = 5;
        read.pairs = array.row_pairs();
        const BitMatrix lines = random_bits(rng, 1, segments);
        read.gsl_lines.assign(lines.row(0), lines.row(0) + lines.words_per_row());
    }
    Sample(const Sample&) = delete;
    Sample& operator=(const Sample&) = delete;

    unsigned expected(const ArrayGeometry& array, std::size_t level, std::size_t pair) const {
        const auto stream = stream_of(streams, level);
        return read_count_literal(cells, array, static_cast<int>(pair), read.gsl_lines, stream.data());
    }
};

class CrossbarTest : public SimTest {
protected:
    CrossbarConfig cfg = small_config();

    /// Builds the bench with what the test made of `cfg` and runs `body`.
    template <class Body> void simulate(Body body) {
        CrossbarBench bench("bench", cfg);
        bench.body = [&] { body(bench); };
        run(ps(1'000'000'000));
    }
    void check_against_the_definition(CrossbarBench& bench, std::uint64_t seed) {
        Sample sample(seed, cfg.array);
        bench.program(sample.cells);
        ASSERT_EQ(ask(bench.read_isock, sample.read).status, tlm::TLM_OK_RESPONSE);
        const auto pairs = static_cast<std::size_t>(sample.read.pairs);
        for (std::size_t level = 0; level < kStreamBits; ++level)
            for (std::size_t p = 0; sample.streams.levels()[level] && p < pairs; ++p)
                EXPECT_EQ(code_of(sample.read.codes, level, p), sample.expected(cfg.array, level, p))
                    << "seed " << seed << " level " << level << " pair " << p;
    }
};

TEST_F(CrossbarTest, CountsFollowTheDefinition) {
    simulate([&](CrossbarBench& bench) {
        for (const auto seed : kSeeds) check_against_the_definition(bench, seed);
    });
}

TEST_F(CrossbarTest, CountsFollowTheDefinitionWithSegmentsOfOneCell) {
    cfg.array.segment = 1; // 256 GSL lines: more than one word
    simulate([&](CrossbarBench& bench) {
        for (const auto seed : kSeeds) check_against_the_definition(bench, seed);
    });
}

TEST_F(CrossbarTest, CountsFollowTheDefinitionInEveryBlockOfRowPairs) {
    cfg.array.rows = 300; // 150 pairs: two full blocks and a part
    simulate([&](CrossbarBench& bench) {
        for (const auto seed : {1, 2}) check_against_the_definition(bench, static_cast<std::uint64_t>(seed));
    });
}

TEST_F(CrossbarTest, CellsThatChangeAreReadAnew) {
    simulate([&](CrossbarBench& bench) {
        check_against_the_definition(bench, 1); // by debug transport, which prepares nothing
        Sample sample(1, cfg.array);
        std::uint8_t byte = static_cast<std::uint8_t>(~sample.cells.row(0)[0]);
        for (std::size_t bit = 0; bit < 8; ++bit) sample.cells.set(0, bit, ((byte >> bit) & 1) != 0);
        ASSERT_EQ(transfer(bench.cell_isock, tlm::TLM_WRITE_COMMAND, 0, &byte, 1).status, tlm::TLM_OK_RESPONSE);
        ASSERT_EQ(ask(bench.read_isock, sample.read).status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(code_of(sample.read.codes, 255, 0), sample.expected(cfg.array, 255, 0));
    });
}

TEST_F(CrossbarTest, SensesOnlyTheRowPairsAskedFor) {
    simulate([&](CrossbarBench& bench) {
        Sample sample(1, cfg.array);
        bench.program(sample.cells);
        sample.read.pairs = 3;
        ASSERT_EQ(ask(bench.read_isock, sample.read).status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(code_of(sample.read.codes, 255, 2), sample.expected(cfg.array, 255, 2));
        EXPECT_EQ(stat(bench.dut, "adc_conversions"), 5 * 3);
    });
}

TEST_F(CrossbarTest, ANarrowAdcSaturates) {
    cfg.adc = {6, AdcOverflow::saturate};
    simulate([&](CrossbarBench& bench) {
        Sample sample(2, cfg.array);
        bench.program(sample.cells);
        ask(bench.read_isock, sample.read);
        ASSERT_GT(sample.expected(cfg.array, 128, 0), 40U); // about 64 of 256: both sides of the largest code occur
        for (std::size_t p = 0; p < 8; ++p)
            EXPECT_EQ(code_of(sample.read.codes, 128, p), std::min(sample.expected(cfg.array, 128, p), 63U));
    });
}

TEST_F(CrossbarTest, ANarrowAdcTruncatesWhenConfigured) {
    cfg.adc = {5, AdcOverflow::truncate};
    simulate([&](CrossbarBench& bench) {
        Sample sample(2, cfg.array);
        bench.program(sample.cells);
        ask(bench.read_isock, sample.read);
        for (std::size_t p = 0; p < 8; ++p)
            EXPECT_EQ(code_of(sample.read.codes, 128, p), sample.expected(cfg.array, 128, p) % 32);
    });
}

TEST_F(CrossbarTest, ABurstIsPacedByTheArrayWhenItIsSlower) {
    simulate([&](CrossbarBench& bench) {
        Sample sample(1, cfg.array);
        // 8 pairs on 2 converters: 4 * 1300 ps, against 10000 ps of the array
        EXPECT_EQ(ask(bench.read_isock, sample.read).time, ps(10'000 + 5'200 + 4 * 10'000));
        sample.read.reads = 3;
        EXPECT_EQ(ask(bench.read_isock, sample.read).time, ps(10'000 + 5'200 + 2 * 10'000));
    });
}

TEST_F(CrossbarTest, ABurstIsPacedByTheConvertersWhenTheyAreSlower) {
    cfg.adcs = 1;
    simulate([&](CrossbarBench& bench) {
        Sample sample(1, cfg.array);
        EXPECT_EQ(ask(bench.read_isock, sample.read).time, ps(10'000 + 10'400 + 4 * 10'400));
        sample.read.pairs = 7;
        EXPECT_EQ(ask(bench.read_isock, sample.read).time, ps(10'000 + 9'100 + 4 * 10'000));
    });
}

TEST_F(CrossbarTest, ABurstCostsWhatItsReadsCostOneByOne) {
    simulate([&](CrossbarBench& bench) {
        Sample sample(1, cfg.array);
        const auto cost_of = [&](std::size_t reads) {
            sample.read.reads = reads;
            const Fj before = bench.dut.energy();
            const std::int64_t conversions = stat(bench.dut, "adc_conversions");
            const auto time = ask(bench.read_isock, sample.read).time;
            return std::tuple(time, bench.dut.energy() - before, stat(bench.dut, "adc_conversions") - conversions);
        };
        bench.program(sample.cells);
        const auto [time, energy, conversions] = cost_of(1);
        for (const std::size_t reads : {2U, 7U, 1000U}) {
            const auto count = static_cast<std::int64_t>(reads);
            const auto burst = cost_of(reads);
            // The converters work on one read while the array is busy with the next: only the last one is waited for.
            EXPECT_EQ(std::get<0>(burst) + ps(5'200 * (count - 1)), time * static_cast<double>(reads));
            EXPECT_EQ(std::get<1>(burst), Fj{energy.value * count});
            EXPECT_EQ(std::get<2>(burst), conversions * count);
        }
        EXPECT_EQ(bench.dump(cfg.array), sample.cells);
    });
}

TEST_F(CrossbarTest, AnUnevenShareOfRowPairsCostsAWholeConversion) {
    cfg.adcs = 3;
    cfg.adc_conversion.time = Ps{20'000};
    simulate([&](CrossbarBench& bench) {
        Sample sample(1, cfg.array);
        EXPECT_EQ(ask(bench.read_isock, sample.read).time, ps(10'000 + 5 * 3 * 20'000)); // 8 pairs: 3 rounds
    });
}

TEST_F(CrossbarTest, ReadsThatDoNotFitAreRefusedAndCostNothing) {
    simulate([&](CrossbarBench& bench) {
        const auto refused = [&](const char* why, auto spoil) {
            Sample sample(1, cfg.array);
            spoil(sample.read);
            const Answer answer = ask(bench.read_isock, sample.read);
            EXPECT_EQ(answer.status, tlm::TLM_BURST_ERROR_RESPONSE) << why;
            EXPECT_EQ(answer.time, sc_core::SC_ZERO_TIME) << why;
            EXPECT_TRUE(sample.read.codes.empty()) << why;
        };
        const StreamSet none;
        refused("no streams", [](ReadRequest& r) { r.streams = nullptr; });
        refused("streams of no level", [&](ReadRequest& r) { r.streams = &none; });
        refused("an empty burst", [](ReadRequest& r) { r.reads = 0; });
        refused("no row pairs", [](ReadRequest& r) { r.pairs = 0; });
        refused("more row pairs than there are", [](ReadRequest& r) { r.pairs = 9; });
        refused("no GSL lines", [](ReadRequest& r) { r.gsl_lines.clear(); });
        refused("too many GSL lines", [](ReadRequest& r) { r.gsl_lines.push_back(0); });
        EXPECT_EQ(bench.dut.energy(), Fj{});
    });
}

TEST_F(CrossbarTest, ATransactionWithoutARequestIsRefused) {
    simulate([&](CrossbarBench& bench) {
        EXPECT_EQ(ask_nothing(bench.read_isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
    });
}

TEST_F(CrossbarTest, ProgrammingTakesTimeForEachCellThatChanges) {
    simulate([&](CrossbarBench& bench) {
        std::array<std::uint8_t, 3> bytes{0xff, 0x01, 0x80};
        EXPECT_EQ(transfer(bench.cell_isock, tlm::TLM_WRITE_COMMAND, 31, bytes.data(), 3).time, ps(10 * 50'000));
        EXPECT_EQ(transfer(bench.cell_isock, tlm::TLM_WRITE_COMMAND, 31, bytes.data(), 3).time, ps(0));
        std::array<std::uint8_t, 3> back{};
        const Answer read = transfer(bench.cell_isock, tlm::TLM_READ_COMMAND, 31, back.data(), 3);
        EXPECT_EQ(read.status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(read.time, ps(10'000));
        EXPECT_EQ(back, bytes);
        EXPECT_EQ(stat(bench.dut, "cell_writes"), 10);
        EXPECT_TRUE(bench.dump(cfg.array).get(0, 255)); // address 31 is the end of row 0
        EXPECT_TRUE(bench.dump(cfg.array).get(1, 15));
    });
}

TEST_F(CrossbarTest, IllegalCellAccessesAreAnsweredNotReported) {
    simulate([&](CrossbarBench& bench) {
        std::array<std::uint8_t, 8> bytes{};
        const auto refuse = [&](std::uint64_t address, std::size_t size) {
            return transfer(bench.cell_isock, tlm::TLM_WRITE_COMMAND, address, bytes.data(), size).status;
        };
        EXPECT_EQ(refuse(16 * kRowBytes - 7, 8), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(refuse(~std::uint64_t{0}, 8), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(refuse(0, 0), tlm::TLM_BURST_ERROR_RESPONSE);
        EXPECT_EQ(transfer(bench.cell_isock, tlm::TLM_IGNORE_COMMAND, 0, bytes.data(), 8).status,
                  tlm::TLM_COMMAND_ERROR_RESPONSE);
        tlm::tlm_generic_payload trans;
        prepare(trans, tlm::TLM_READ_COMMAND, 0, bytes.data(), 8);
        trans.set_byte_enable_ptr(bytes.data());
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        bench.cell_isock->b_transport(trans, delay);
        EXPECT_EQ(trans.get_response_status(), tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
        prepare(trans, tlm::TLM_READ_COMMAND, 0, bytes.data(), 8);
        trans.set_streaming_width(4);
        bench.cell_isock->b_transport(trans, delay);
        EXPECT_EQ(trans.get_response_status(), tlm::TLM_BURST_ERROR_RESPONSE);
        EXPECT_EQ(bench.dut.energy(), Fj{});
    });
}

TEST_F(CrossbarTest, CellsSurvivePowerLossAndNothingIsServedWithoutPower) {
    simulate([&](CrossbarBench& bench) {
        Sample sample(3, cfg.array);
        bench.program(sample.cells);
        bench.power(false);
        EXPECT_EQ(ask(bench.read_isock, sample.read).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        std::uint8_t byte = 0xff;
        EXPECT_EQ(transfer(bench.cell_isock, tlm::TLM_WRITE_COMMAND, 0, &byte, 1).status,
                  tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(bench.dump(cfg.array), sample.cells); // the microscope needs no rail
        bench.power(true);
        EXPECT_EQ(bench.dump(cfg.array), sample.cells);
        EXPECT_EQ(ask(bench.read_isock, sample.read).status, tlm::TLM_OK_RESPONSE);
    });
}

TEST_F(CrossbarTest, DebugAccessIsClippedToTheArrayAndFree) {
    simulate([&](CrossbarBench& bench) {
        Bytes bytes(4 * kRowBytes, 0xff);
        const auto debug = [&](std::uint64_t address) {
            return debug_access(bench.cell_isock, tlm::TLM_WRITE_COMMAND, address, bytes.data(), bytes.size());
        };
        EXPECT_EQ(debug(15 * kRowBytes), kRowBytes);
        EXPECT_EQ(debug(16 * kRowBytes), 0U);
        EXPECT_EQ(debug(~std::uint64_t{0}), 0U);
        EXPECT_EQ(bench.dut.energy(), Fj{});
        EXPECT_EQ(stat(bench.dut, "cell_writes"), 0);
    });
}

TEST_F(CrossbarTest, TheReadPortIsClosedToDebugAccess) {
    simulate([&](CrossbarBench& bench) { EXPECT_TRUE(closed_to_debug(bench.read_isock)); });
}

TEST_F(CrossbarTest, EnergyIsEventsTimesCost) {
    simulate([&](CrossbarBench& bench) {
        Sample sample(1, cfg.array);
        ask(bench.read_isock, sample.read);
        std::uint8_t byte = 0x0f;
        transfer(bench.cell_isock, tlm::TLM_WRITE_COMMAND, 0, &byte, 1);
        EXPECT_EQ(stat(bench.dut, "array_reads"), 5);
        EXPECT_EQ(stat(bench.dut, "adc_conversions"), 5 * 8);
        EXPECT_EQ(stat(bench.dut, "cell_writes"), 4);
        EXPECT_EQ(bench.dut.energy(), Fj{5 * 101 + 40 * 7 + 4 * 1009});
        EXPECT_EQ(stat(bench.dut, "energy"), bench.dut.energy().value);
    });
}

} // namespace
} // namespace veilram::test
