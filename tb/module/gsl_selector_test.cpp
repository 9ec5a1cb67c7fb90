#include "hw/gsl/gsl_selector.hpp"
#include "tb/support/implementations.hpp"
#include "tb/support/powered_bench.hpp"
#include "tb/support/random_data.hpp"

#include <memory>

namespace veilram::test {
namespace {

constexpr std::uint32_t kCrossbars = 3;
constexpr int kN = 2;

ArrayGeometry small_array() {
    ArrayGeometry array;
    array.rows = 8;
    return array;
}

CrossbarConfig crossbar_config() {
    CrossbarConfig cfg;
    cfg.array = small_array();
    cfg.array_read = {Ps{10'000}, Fj{101}};
    cfg.adc_conversion = {Ps{1'000}, Fj{7}};
    return cfg;
}

struct GslBench : PoweredBench {
    RequestInitiator<GslBench, GslLoad> load_isock{"load_isock"};
    RequestInitiator<GslBench, ReadRequest> read_isock{"read_isock"};
    sc_core::sc_vector<tlm_utils::simple_initiator_socket<GslBench>> cell_isock{"cell_isock", kCrossbars};
    PinClock pins{Ps{833}};
    GslSelector dut{"dut",
                    {small_array(),
                     kCrossbars,
                     kN,
                     {Ps{300}, Fj{11}},
                     {Ps{500}, Fj{13}},
                     {Ps{1'500}, Fj{17}},
                     OfEveryImplementation::GetParam()},
                    &pins};
    sc_core::sc_vector<Crossbar> crossbars{"crossbar"};

    explicit GslBench(const sc_core::sc_module_name& name) : PoweredBench(name) {
        crossbars.init(kCrossbars,
                       [](const char* instance, std::size_t) { return new Crossbar(instance, crossbar_config()); });
        load_isock.bind(dut.load_tsock);
        read_isock.bind(dut.read_tsock);
        dut.rail_i.bind(rail);
        for (std::size_t c = 0; c < kCrossbars; ++c) {
            dut.crossbar_isock[c].bind(crossbars[c].read_tsock);
            cell_isock[c].bind(crossbars[c].cell_tsock);
            crossbars[c].rail_i.bind(rail);
        }
    }
    Answer load(const std::vector<GslVectors>* vectors, std::uint32_t first = 0) {
        GslLoad request{first, vectors, 0};
        return ask(load_isock, request);
    }
};

class GslSelectorTest : public BenchTest<GslBench>, public OfEveryImplementation {
protected:
    static constexpr std::int64_t kReadTime = 10'000 + 4 * 1'000; ///< one read of one crossbar

    std::vector<GslVectors> vectors;
    std::vector<BitMatrix> cells;
    StreamSet streams; ///< of level 128

    void draw(std::uint64_t seed) {
        Rng rng = make_rng(seed, "gsl test");
        vectors = draw_secrets(seed, KeyScope::crossbar, 0, kCrossbars, kN, small_array()).gsl;
        streams = random_streams(rng, LevelSet().set(128));
        cells.clear();
        for (std::size_t c = 0; c < kCrossbars; ++c) {
            cells.push_back(random_bits(rng, 8, 256));
            Bytes bytes = to_bytes(cells.back());
            debug_access(bench.cell_isock[c], tlm::TLM_WRITE_COMMAND, 0, bytes.data(), bytes.size());
        }
    }
    void simulate(std::function<void()> body) {
        BenchTest::simulate([this, body = std::move(body)] {
            draw(1);
            body();
        });
    }
    ReadRequest read(std::uint32_t crossbar, std::uint32_t slot) const {
        ReadRequest request;
        request.crossbar = crossbar;
        request.slot = slot;
        request.streams = &streams;
        request.reads = 1;
        request.pairs = 4;
        return request;
    }
    tlm::tlm_response_status read_status(std::uint32_t crossbar, std::uint32_t slot) {
        auto request = read(crossbar, slot);
        return ask(bench.read_isock, request).status;
    }
    /// Slot i connects vector i, slot n+i its complement.
    void check_slot(std::uint32_t crossbar, std::uint32_t slot) {
        auto request = read(crossbar, slot);
        ASSERT_EQ(ask(bench.read_isock, request).status, tlm::TLM_OK_RESPONSE);
        GslVector lines = vectors[crossbar].vectors[slot % kN];
        if (slot >= kN) lines[0] = ~lines[0]; // 64 segments: one word
        for (int p = 0; p < 4; ++p)
            EXPECT_EQ(code_of(request.codes, 128, static_cast<std::size_t>(p)),
                      read_count_literal(cells[crossbar], small_array(), p, lines, stream_of(streams, 128).data()))
                << "crossbar " << crossbar << " slot " << slot << " pair " << p;
        EXPECT_TRUE(request.gsl_lines.empty()) << "the initiator must not see the lines";
    }
};

TEST_P(GslSelectorTest, EverySlotReadsThroughItsVectorOrItsComplement) {
    simulate([&] {
        for (const auto seed : kSeeds) {
            draw(seed);
            ASSERT_EQ(bench.load(&vectors).status, tlm::TLM_OK_RESPONSE);
            for (std::uint32_t crossbar = 0; crossbar < kCrossbars; ++crossbar)
                for (std::uint32_t slot = 0; slot < 2 * kN; ++slot) check_slot(crossbar, slot);
        }
    });
}

TEST_P(GslSelectorTest, TheInitiatorsLinesAreIgnored) {
    simulate([&] {
        bench.load(&vectors);
        auto honest = read(0, 0), forged = read(0, 0);
        forged.gsl_lines = {~Word{0}};
        ask(bench.read_isock, honest);
        ask(bench.read_isock, forged);
        EXPECT_EQ(code_of(forged.codes, 128, 1), code_of(honest.codes, 128, 1));
    });
}

TEST_P(GslSelectorTest, ChargesTheSwitchOnlyWhenACrossbarsSlotChanges) {
    simulate([&] {
        bench.load(&vectors);
        const auto time = [&](std::uint32_t crossbar, std::uint32_t slot) {
            auto request = read(crossbar, slot);
            return ask(bench.read_isock, request).time;
        };
        EXPECT_EQ(time(0, 1), ps(1'500 + kReadTime));
        EXPECT_EQ(time(0, 1), ps(kReadTime));
        EXPECT_EQ(time(1, 1), ps(1'500 + kReadTime)); // lines of its own
        EXPECT_EQ(time(0, 1), ps(kReadTime));
        EXPECT_EQ(time(0, 3), ps(1'500 + kReadTime));
        EXPECT_EQ(stat(bench.dut, "line_switches"), 3);
    });
}

TEST_P(GslSelectorTest, NewVectorsAreDrivenAnew) {
    simulate([&] {
        bench.load(&vectors);
        read_status(0, 0);
        bench.load(&vectors);
        auto request = read(0, 0);
        EXPECT_EQ(ask(bench.read_isock, request).time, ps(1'500 + kReadTime));
    });
}

TEST_P(GslSelectorTest, LoadingTakesTimeForEachVectorAndErasingOnce) {
    simulate([&] {
        EXPECT_EQ(bench.load(&vectors).time, ps(kCrossbars * kN * 300));
        vectors.resize(1);
        EXPECT_EQ(bench.load(&vectors, 2).time, ps(kN * 300));
        EXPECT_EQ(bench.load(nullptr).time, ps(500));
    });
}

TEST_P(GslSelectorTest, ACrossbarWithoutVectorsIsLocked) {
    simulate([&] {
        EXPECT_EQ(read_status(0, 0), tlm::TLM_COMMAND_ERROR_RESPONSE);
        vectors.resize(1);
        bench.load(&vectors, 1);
        EXPECT_EQ(bench.dut.loaded(), kN);
        EXPECT_EQ(read_status(0, 0), tlm::TLM_COMMAND_ERROR_RESPONSE);
        EXPECT_EQ(read_status(1, 0), tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(read_status(2, 0), tlm::TLM_COMMAND_ERROR_RESPONSE);
    });
}

TEST_P(GslSelectorTest, ErasingLocksEveryCrossbar) {
    simulate([&] {
        bench.load(&vectors);
        EXPECT_EQ(bench.dut.loaded(), kCrossbars * kN);
        EXPECT_EQ(bench.load(nullptr).status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(bench.dut.loaded(), 0U);
        for (std::uint32_t c = 0; c < kCrossbars; ++c) EXPECT_EQ(read_status(c, 0), tlm::TLM_COMMAND_ERROR_RESPONSE);
    });
}

TEST_P(GslSelectorTest, LoadsThatDoNotFitAreRefusedAndLeaveTheRegistersAlone) {
    simulate([&] {
        auto too_few = vectors, too_short = vectors;
        too_few[1].vectors.pop_back();
        too_short[1].vectors[0].clear();
        EXPECT_EQ(bench.load(&vectors, 1).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.load(&vectors, ~0U).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.load(&too_few).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.load(&too_short).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(ask_nothing(bench.load_isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(bench.dut.loaded(), 0U);
        EXPECT_EQ(bench.dut.energy(), Fj{});
    });
}

TEST_P(GslSelectorTest, ReadsOutsideTheChipAreRefused) {
    simulate([&] {
        bench.load(&vectors);
        EXPECT_EQ(read_status(kCrossbars, 0), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(read_status(0, 2 * kN), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(ask_nothing(bench.read_isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(stat(bench.dut, "line_switches"), 0);
    });
}

TEST_P(GslSelectorTest, ARefusalOfTheCrossbarComesBackWithoutTheLines) {
    simulate([&] {
        bench.load(&vectors);
        auto request = read(0, 0);
        request.pairs = 5;
        EXPECT_EQ(ask(bench.read_isock, request).status, tlm::TLM_BURST_ERROR_RESPONSE);
        EXPECT_TRUE(request.gsl_lines.empty());
    });
}

TEST_P(GslSelectorTest, PowerLossEmptiesTheRegistersAndLeavesTheCells) {
    simulate([&] {
        bench.load(&vectors);
        bench.power(false);
        EXPECT_EQ(bench.dut.loaded(), 0U);
        EXPECT_EQ(read_status(0, 0), tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(bench.load(&vectors).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        bench.power(true);
        EXPECT_EQ(read_status(0, 0), tlm::TLM_COMMAND_ERROR_RESPONSE);
        bench.load(&vectors);
        check_slot(0, 0);
    });
}

TEST_P(GslSelectorTest, IsClosedToDebugAccess) {
    simulate([&] {
        bench.load(&vectors);
        EXPECT_TRUE(closed_to_debug(bench.load_isock));
        EXPECT_TRUE(closed_to_debug(bench.read_isock));
    });
}

TEST_P(GslSelectorTest, OneLayersCrossbarsCanBeLockedByThemselves) {
    simulate([&] {
        bench.load(&vectors);
        GslLoad lock{1, nullptr, 1};
        EXPECT_EQ(ask(bench.load_isock, lock).time, ps(500));
        for (std::uint32_t crossbar = 0; crossbar < kCrossbars; ++crossbar)
            EXPECT_EQ(read_status(crossbar, 0), crossbar == 1 ? tlm::TLM_COMMAND_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(bench.dut.loaded(), (kCrossbars - 1) * kN);
        for (GslLoad beyond :
             {GslLoad{kCrossbars, nullptr, 1}, GslLoad{1, nullptr, kCrossbars}, GslLoad{kCrossbars + 1, nullptr, 0}})
            EXPECT_EQ(ask(bench.load_isock, beyond).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.dut.loaded(), (kCrossbars - 1) * kN);
    });
}

TEST_P(GslSelectorTest, EnergyIsEventsTimesCost) {
    simulate([&] {
        bench.load(&vectors);
        read_status(0, 0);
        read_status(0, 1);
        bench.load(nullptr);
        EXPECT_EQ(stat(bench.dut, "vector_loads"), kCrossbars * kN);
        EXPECT_EQ(stat(bench.dut, "zeroisations"), 1);
        EXPECT_EQ(stat(bench.dut, "line_switches"), 2);
        EXPECT_EQ(bench.dut.energy(), Fj{6 * 11 + 13 + 2 * 17});
        EXPECT_EQ(stat(bench.dut, "energy"), bench.dut.energy().value);
        EXPECT_EQ(total_energy(bench.dut), bench.dut.energy());
    });
}

INSTANTIATE_TEST_SUITE_P(Made, GslSelectorTest, ::testing::ValuesIn(implementations()), name_of_parameter);

} // namespace
} // namespace veilram::test
