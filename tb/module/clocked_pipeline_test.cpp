// A crossbar clock by clock: the counts of the definition, the pace of the slowest stage, handshakes that keep their
// rules.
#include "hw/cycle/clocked_pipeline.hpp"
#include "hw/sim/sim_time.hpp"
#include "tb/support/powered_bench.hpp"
#include "tb/support/random_data.hpp"

namespace veilram::test {
namespace {

constexpr std::int64_t kClock = 1'000, kArray = 20'000, kAdc = 1'500;
constexpr int kPairs = 8;

ArrayGeometry small_array() {
    ArrayGeometry array;
    array.rows = 2 * kPairs;
    return array;
}

ConversionSource random_source(Rng& rng) {
    ConversionSource source;
    for (Word& word : source.row) word = rng();
    for (std::uint8_t& start : source.start) start = static_cast<std::uint8_t>(rng());
    return source;
}

struct PipelineBench : Bench {
    PinClock pins{Ps{kClock}};
    ClockedPipeline dut{"dut", {Implementation::cycle, small_array(), {}, 1, Ps{kClock}, Ps{kArray}, Ps{kAdc}}, pins};

    explicit PipelineBench(const sc_core::sc_module_name& name) : Bench(name) {}
};

class ClockedPipelineTest : public BenchTest<PipelineBench> {
protected:
    Rng rng = make_rng(1, "clocked pipeline");
    BitMatrix cells = random_bits(rng, 2 * kPairs, 256);
    GslVector lines = draw_secrets(3, KeyScope::crossbar, 0, 1, 1, small_array()).gsl[0].vectors[0];
    LevelSet levels = random_levels(rng);
    ConversionSource source = random_source(rng);
    StreamSet streams{{{source.kind, source.lfsr_seed}, source.row.data(), &source.start}, levels};

    std::shared_ptr<ClockedBurst> burst(std::size_t positions, Ps convert = Ps{5'000}) {
        auto made = std::make_shared<ClockedBurst>();
        std::vector<std::uint8_t> all;
        levels.for_each([&](std::size_t level) { all.push_back(static_cast<std::uint8_t>(level)); });
        for (std::size_t p = 0; p < positions; ++p)
            made->levels.push_back(all[static_cast<std::size_t>(random_int(rng, 0, static_cast<int>(all.size()) - 1))]);
        made->source = source;
        made->convert = convert;
        return made;
    }
    void start(const std::shared_ptr<ClockedBurst>& work) { bench.dut.start(work, cells, lines, kPairs); }
    void run_through(const std::shared_ptr<ClockedBurst>& work) {
        start(work);
        while (!work->finished) sc_core::wait(work->finished_ev);
    }
    void check_codes(const ClockedBurst& work) const {
        for (const std::uint8_t level : work.levels)
            for (int p = 0; p < kPairs; ++p)
                EXPECT_EQ(work.codes.at(level)[static_cast<std::size_t>(p)],
                          adc_code(static_cast<std::uint16_t>(read_count_literal(cells, small_array(), p, lines,
                                                                                 stream_of(streams, level).data())),
                                   {}));
    }
    void check_handshakes() const {
        for (std::size_t s = 0; s < ClockedPipeline::kStages; ++s)
            EXPECT_TRUE(bench.dut.checker(s).violations().empty()) << s;
    }
};

TEST_F(ClockedPipelineTest, EveryPositionHasTheCountsOfTheDefinition) {
    simulate([&] {
        const auto work = burst(100);
        run_through(work);
        check_codes(*work);
        check_handshakes();
        for (std::size_t s = 0; s < ClockedPipeline::kStages; ++s) EXPECT_EQ(bench.dut.checker(s).transfers(), 100);
    });
}

TEST_F(ClockedPipelineTest, TheSlowestStageSetsThePace) {
    simulate([&] {
        // 5 clocks to convert, 20 to read, 12 for 8 row pairs, 1 to add; one to offer the first item
        const auto one = burst(1), many = burst(41), slow = burst(41, Ps{50'000});
        run_through(one);
        EXPECT_EQ(one->clocks, 1 + 5 + 20 + 12 + 1);
        const auto begin = sc_core::sc_time_stamp();
        run_through(many);
        EXPECT_EQ(many->clocks, one->clocks + 40 * 20);
        EXPECT_NEAR((sc_core::sc_time_stamp() - begin) / ps(kClock), static_cast<double>(many->clocks), 2);
        run_through(slow);
        EXPECT_EQ(slow->clocks, one->clocks + 45 + 40 * 50) << "conversion is the bottleneck";
        EXPECT_EQ(stat(bench.dut, "array_clocks"), (1 + 41 + 41) * 20);
        EXPECT_EQ(stat(bench.dut, "bursts"), 3);
        check_handshakes();
    });
}

TEST_F(ClockedPipelineTest, TheClockStandsStillWithoutWork) {
    simulate([&] {
        run_through(burst(3));
        const auto clocks = stat(bench.dut, "clocks");
        wait(ps(1'000'000));
        EXPECT_EQ(stat(bench.dut, "clocks"), clocks);
        EXPECT_FALSE(bench.dut.is_busy());
    });
}

TEST_F(ClockedPipelineTest, AResetInTheMiddleEndsTheBurstAndTheNextOneIsWhole) {
    simulate([&] {
        for (const int clocks : {0, 1, 7, 30, 45, 100}) {
            const auto cut = burst(50);
            start(cut);
            wait(ps(clocks * kClock + 300));
            bench.dut.reset();
            EXPECT_FALSE(bench.dut.is_busy());
            wait(ps(10 * kClock));
            EXPECT_FALSE(cut->finished);
            const auto next = burst(20);
            run_through(next);
            check_codes(*next);
            EXPECT_EQ(next->clocks, 39 + 19 * 20) << "nothing of the old burst is left";
        }
        check_handshakes();
    });
}

/// Signals that a test moves by hand.
struct CheckerBench : Bench {
    sc_core::sc_signal<bool> clk{"clk"}, rst_n{"rst_n"}, valid{"valid"}, ready{"ready"};
    sc_core::sc_signal<unsigned> item{"item"};
    HandshakeChecker dut{"dut"};

    explicit CheckerBench(const sc_core::sc_module_name& name) : Bench(name) {
        dut.clk_i.bind(clk);
        dut.rst_ni.bind(rst_n);
        dut.valid_i.bind(valid);
        dut.ready_i.bind(ready);
        dut.item_i.bind(item);
    }
    /// What the signals are at the next rising edge.
    void edge(bool in_reset, bool is_valid, bool is_ready, unsigned number) {
        rst_n.write(!in_reset);
        valid.write(is_valid);
        ready.write(is_ready);
        item.write(number);
        wait(ps(100));
        clk.write(true);
        wait(ps(100));
        clk.write(false);
        wait(ps(100));
    }
};
class HandshakeCheckerTest : public BenchTest<CheckerBench> {};

TEST_F(HandshakeCheckerTest, LetsARightHandshakePass) {
    simulate([&] {
        bench.edge(true, false, false, 0);
        bench.edge(false, true, false, 1);
        bench.edge(false, true, false, 1);
        bench.edge(false, true, true, 1);
        bench.edge(false, true, true, 2);
        bench.edge(false, false, true, 0);
        EXPECT_TRUE(bench.dut.violations().empty());
        EXPECT_EQ(bench.dut.transfers(), 2);
    });
}

TEST_F(HandshakeCheckerTest, FindsAnItemThatIsWithdrawn) {
    simulate([&] {
        bench.edge(false, true, false, 1);
        bench.edge(false, false, false, 1);
        EXPECT_EQ(bench.dut.violations(), std::vector<std::string>{"an item was withdrawn"});
    });
}

TEST_F(HandshakeCheckerTest, FindsAnItemThatChanges) {
    simulate([&] {
        bench.edge(false, true, false, 1);
        bench.edge(false, true, false, 2);
        EXPECT_EQ(bench.dut.violations(), std::vector<std::string>{"an item changed while it waited"});
    });
}

TEST_F(HandshakeCheckerTest, FindsAnItemInReset) {
    simulate([&] {
        bench.edge(true, false, false, 0);
        bench.edge(true, true, false, 0);
        EXPECT_EQ(bench.dut.violations(), std::vector<std::string>{"valid in reset"});
    });
}

} // namespace
} // namespace veilram::test
