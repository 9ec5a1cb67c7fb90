#include "hw/sim/trace.hpp"
#include "hw/top/platform.hpp"
#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "tb/support/powered_bench.hpp"
#include "tb/support/wave.hpp"

#include <tlm_utils/simple_initiator_socket.h>

#include <filesystem>
#include <sstream>
#include <unistd.h>

namespace veilram::test {
namespace {

constexpr std::int64_t kRamp = 50'000;

ChipConfig chip_config() {
    ChipConfig cfg;
    cfg.array.rows = 8;
    cfg.crossbars = 2;
    cfg.n = 2;
    cfg.costs.power_ramp.time = Ps{kRamp};
    cfg.costs.dram_access.time = Ps{200'000};
    return cfg;
}

/// A whole chip, with nothing in its cells or memory.
struct ChipBench : Bench {
    tlm_utils::simple_initiator_socket<ChipBench> host_isock{"host_isock"};
    tlm_utils::simple_initiator_socket<ChipBench> memory_isock{"memory_isock"};
    sc_core::sc_signal<bool> clk{"clk"};
    sc_core::sc_signal<bool> rst_n{"rst_n", true};
    sc_core::sc_signal<bool> power_good{"power_good"};
    sc_core::sc_signal<bool> irq{"irq"};
    Platform platform{"platform", chip_config(), 4096};

    explicit ChipBench(const sc_core::sc_module_name& name) : Bench(name) {
        host_isock.bind(platform.chip.host_tsock);
        memory_isock.bind(platform.memory.host_tsock);
        platform.chip.clk_i.bind(clk);
        platform.chip.rst_ni.bind(rst_n);
        platform.chip.power_good_i.bind(power_good);
        platform.chip.irq_o.bind(irq);
    }
    void write(std::uint64_t address, std::uint32_t value) {
        EXPECT_EQ(transfer(host_isock, tlm::TLM_WRITE_COMMAND, address, &value, sizeof value).status,
                  tlm::TLM_OK_RESPONSE);
    }
};

class TraceTest : public BenchTest<ChipBench> {
protected:
    std::filesystem::path folder =
        std::filesystem::temp_directory_path() /
        ("veilram_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + "_" +
         std::to_string(::getpid()));
    std::string base = (folder / "wave").string();
    std::string root = "SystemC.bench.platform.chip.";

    TraceTest() { std::filesystem::create_directories(folder); }
    ~TraceTest() override { std::filesystem::remove_all(folder); }

    /// Runs `body` while everything is traced, and reads what was written.
    Wave record(bool secrets, std::function<void()> body) {
        {
            TraceFile file(base + ".vcd", secrets);
            file.add_all(bench);
            file.write_view(base + ".gtkw");
            bench.body = std::move(body);
            run(ps(1'000'000'000));
        }
        return read_wave(base + ".vcd");
    }
    Wave record_a_moment(bool secrets) {
        return record(secrets, [] { sc_core::wait(ps(1)); });
    }
    bool has(const Wave& wave, const std::string& signal) const { return wave.signals.count(root + signal) == 1; }
    /// The signals that a saved view shows.
    std::vector<std::string> viewed() const {
        std::vector<std::string> names;
        std::istringstream view(read_file(base + ".gtkw"));
        for (std::string line; std::getline(view, line);)
            if (line.rfind("SystemC.", 0) == 0) names.push_back(line);
        return names;
    }
};

TEST_F(TraceTest, ScopesFollowTheHierarchyInPicoseconds) {
    const Wave wave = record_a_moment(false);
    EXPECT_EQ(wave.timescale, "1 ps");
    for (const char* signal :
         {"power.rail", "host.irq", "tile.action[31:0]", "tile.layer[31:0]", "res.state[31:0]", "res.layer[31:0]",
          "crypto.busy", "keys.filled[31:0]", "dram.busy", "gsl.loaded[31:0]", "gsl.slot[31:0]", "sign_bit.busy",
          "lfsr.busy", "digital.busy", "crossbar_0.reading", "crossbar_1.reading"})
        EXPECT_TRUE(has(wave, signal)) << signal;
}

TEST_F(TraceTest, SecretsAreAbsentUnlessAsked) {
    const Wave wave = record_a_moment(false);
    EXPECT_FALSE(has(wave, "gsl.lines[63:0]"));
    EXPECT_FALSE(has(wave, "sign_bit.start[31:0]"));
    for (const auto& name : viewed()) EXPECT_EQ(name.find("lines"), std::string::npos) << name;
}

TEST_F(TraceTest, SecretsAreThereWhenAskedButNeverAKey) {
    const Wave wave = record_a_moment(true);
    EXPECT_TRUE(has(wave, "gsl.lines[63:0]"));
    EXPECT_TRUE(has(wave, "sign_bit.start[31:0]"));
    for (const auto& [name, changes] : wave.signals) {
        if (name.rfind(root + "keys.", 0) != 0 && name.rfind(root + "crypto.", 0) != 0) continue;
        EXPECT_TRUE(name == root + "keys.filled[31:0]" || name == root + "crypto.busy") << name;
    }
}

TEST_F(TraceTest, EverySignalIsInTheViewUnderItsName) {
    const Wave wave = record_a_moment(true);
    const auto names = viewed();
    EXPECT_EQ(names.size(), wave.signals.size());
    for (const auto& name : names) EXPECT_EQ(wave.signals.count(name), 1U) << name;
}

TEST_F(TraceTest, TheViewTranslatesEnumerations) {
    record_a_moment(false);
    std::istringstream view(read_file(base + ".gtkw"));
    std::string text;
    for (std::string line; std::getline(view, line);)
        if (line.rfind("^1 ", 0) == 0) text += read_file((folder / line.substr(3)).string());
    for (const auto& name : res_state_names()) EXPECT_NE(text.find(" " + name + "\n"), std::string::npos) << name;
    EXPECT_NE(text.find("1 BOOT\n"), std::string::npos);
}

TEST_F(TraceTest, TheRailRisesAfterTheRampAndFallsWithPowerGood) {
    const Wave wave = record(false, [&] {
        wait(ps(1'000));
        bench.power_good = true;
        wait(ps(2 * kRamp));
        bench.power_good = false;
        wait(ps(1'000));
    });
    const Changes expected{{0, "0"}, {1'000 + kRamp, "1"}, {1'000 + 2 * kRamp, "0"}};
    EXPECT_EQ(wave.signals.at(root + "power.rail"), expected);
}

TEST_F(TraceTest, ABootWithoutAnImageShowsItsStepsAndEndsInFault) {
    const Wave wave = record(false, [&] {
        bench.power_good = true;
        wait(ps(2 * kRamp));
        bench.write(reg::kIrqEnable, 1);
        bench.write(reg::kCtrl, reg::kCtrlBoot);
        wait(bench.irq.posedge_event());
        wait(ps(1));
    });
    const std::int64_t begin = 2 * kRamp, end = begin + 200'000; // the header's access
    EXPECT_EQ(wave.signals.at(root + "dram.busy"), (Changes{{0, "0"}, {begin, "1"}, {end, "0"}}));
    EXPECT_EQ(wave.signals.at(root + "host.irq"), (Changes{{0, "0"}, {end, "1"}}));
    const auto fault = static_cast<unsigned>(ResState::fault);
    ASSERT_EQ(fault, 7U);
    EXPECT_EQ(wave.signals.at(root + "res.state[31:0]").back(), (std::pair<std::int64_t, std::string>{end, "b111"}));
}

TEST_F(TraceTest, WorkInFlightEndsWithThePower) {
    const Wave wave = record(false, [&] {
        bench.power_good = true;
        wait(ps(2 * kRamp));
        bench.write(reg::kCtrl, reg::kCtrlBoot);
        wait(ps(60'000)); // in the middle of the header's access
        bench.power_good = false;
        wait(ps(500'000));
    });
    EXPECT_EQ(wave.signals.at(root + "dram.busy"), (Changes{{0, "0"}, {2 * kRamp, "1"}, {2 * kRamp + 60'000, "0"}}));
}

TEST_F(TraceTest, AWaveformIsNamedVcd) {
    EXPECT_THROW(TraceFile(base + ".txt", false), ModelError);
    bench.body = [] {};
    run(ps(1'000));
}

} // namespace
} // namespace veilram::test
