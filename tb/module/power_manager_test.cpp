#include "hw/power/power_manager.hpp"
#include "tb/support/powered_bench.hpp"

namespace veilram::test {
namespace {

constexpr std::int64_t kRamp = 50'000;
constexpr std::int64_t kLocking = 8'000;
constexpr std::int64_t kWrites = 4'000;

/// Stands for the scheduler: what locking everything takes.
class Emergency final : public sc_core::sc_module {
public:
    RequestTarget<Emergency, EmergencyRequest> tsock{"tsock"};
    sc_core::sc_time time = ps(kLocking);
    Fj energy{kWrites};
    int calls = 0;

    explicit Emergency(const sc_core::sc_module_name& name) : sc_module(name) {
        tsock.register_b_transport(this, &Emergency::b_transport);
    }

private:
    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
        request_of<EmergencyRequest>(trans)->energy = energy;
        delay += time;
        ++calls;
        trans.set_response_status(tlm::TLM_OK_RESPONSE);
    }
};

/// A volatile memory of 100 secret bits.
class SmallMemory final : public sc_core::sc_module, public RemanentMemory {
public:
    sc_core::sc_in<bool> rail_i{"rail_i"};
    bool full = true;

    SC_HAS_PROCESS(SmallMemory);
    explicit SmallMemory(const sc_core::sc_module_name& name) : sc_module(name) {
        SC_METHOD(rail_method);
        sensitive << rail_i.neg();
        dont_initialize();
    }

private:
    void rail_method() { lose({full ? 100 : 0, full ? 7 : 0}); }
};

struct PowerBench : Bench {
    sc_core::sc_signal<bool> power_good{"power_good", false};
    sc_core::sc_signal<bool> rst_n{"rst_n", true};
    sc_core::sc_signal<bool> rail{"rail", false};
    RequestInitiator<PowerBench, PowerOffRequest> isock{"isock"};
    PowerManager dut;
    Emergency emergency{"emergency"};
    SmallMemory memory{"memory"};
    SmallMemory other{"other"};

    explicit PowerBench(const sc_core::sc_module_name& name, Fj hold_up = {}, Ps ride_through = {}, Ps remanence = {})
        : Bench(name), dut("dut", {Ps{kRamp}, hold_up, ride_through, remanence}) {
        for (SmallMemory* one : {&memory, &other}) {
            one->rail_i.bind(rail);
            dut.memory_port.bind(*one);
        }
        dut.emergency_isock.bind(emergency.tsock);
        dut.power_good_i.bind(power_good);
        dut.rst_ni.bind(rst_n);
        dut.rail_o.bind(rail);
        isock.bind(dut.tsock);
    }
    void set_power_good(bool value) { power_good.write(value); }
    bool rail_after(std::int64_t time) {
        wait(ps(time));
        return rail.read();
    }
    /// Asks for the rail to fall `delay` from now.
    tlm::tlm_response_status power_off(std::int64_t delay) {
        PowerOffRequest request;
        auto time = ps(delay);
        return send(isock, request, time);
    }
    void power_on() {
        set_power_good(true);
        wait(ps(kRamp + 1));
    }
};

class PowerManagerTest : public BenchTest<PowerBench> {};

TEST_F(PowerManagerTest, TheRailRisesOneRampAfterPowerGood) {
    simulate([&] {
        EXPECT_FALSE(bench.rail_after(1'000));
        bench.set_power_good(true);
        EXPECT_FALSE(bench.rail_after(kRamp - 1));
        EXPECT_TRUE(bench.rail_after(2));
    });
}

TEST_F(PowerManagerTest, PowerGoodInTheFirstInstantStillTakesTheWholeRamp) {
    simulate([&] {
        bench.set_power_good(true);
        EXPECT_FALSE(bench.rail_after(kRamp - 1));
        EXPECT_TRUE(bench.rail_after(2));
    });
}

TEST_F(PowerManagerTest, APowerCutLowersTheRailAtOnce) {
    simulate([&] {
        bench.power_on();
        bench.set_power_good(false);
        EXPECT_FALSE(bench.rail_after(1));
    });
}

TEST_F(PowerManagerTest, ACutDuringTheRampNeverRaisesTheRail) {
    simulate([&] {
        bench.set_power_good(true);
        wait(ps(kRamp / 2));
        bench.set_power_good(false);
        EXPECT_FALSE(bench.rail_after(2 * kRamp));
        bench.set_power_good(true); // the ramp starts anew
        EXPECT_FALSE(bench.rail_after(kRamp - 1));
        EXPECT_TRUE(bench.rail_after(2));
    });
}

TEST_F(PowerManagerTest, ARequestLowersTheRailAfterItsDelay) {
    simulate([&] {
        bench.power_on();
        EXPECT_EQ(bench.power_off(300), tlm::TLM_OK_RESPONSE);
        EXPECT_TRUE(bench.rail_after(299));
        EXPECT_FALSE(bench.rail_after(2));
        EXPECT_FALSE(bench.rail_after(10 * kRamp)); // although power is good
    });
}

TEST_F(PowerManagerTest, AfterARequestOnlyTheNextPowerGoodRaisesTheRail) {
    simulate([&] {
        bench.power_on();
        bench.power_off(0);
        wait(ps(1));
        bench.set_power_good(false);
        wait(ps(1));
        bench.set_power_good(true);
        EXPECT_FALSE(bench.rail_after(kRamp - 1));
        EXPECT_TRUE(bench.rail_after(2));
    });
}

TEST_F(PowerManagerTest, ACutOvertakesARequestInFlight) {
    simulate([&] {
        bench.power_on();
        bench.power_off(1'000);
        bench.set_power_good(false);
        EXPECT_FALSE(bench.rail_after(1));
        EXPECT_FALSE(bench.rail_after(2'000));
    });
}

TEST_F(PowerManagerTest, TheRailIsDownDuringResetAndNeedsNoRampAfterwards) {
    simulate([&] {
        bench.power_on();
        bench.rst_n.write(false);
        EXPECT_FALSE(bench.rail_after(1));
        EXPECT_FALSE(bench.rail_after(10 * kRamp));
        bench.rst_n.write(true);
        EXPECT_TRUE(bench.rail_after(1));
    });
}

TEST_F(PowerManagerTest, AResetNeitherShortensTheRampNorUndoesAPowerOff) {
    simulate([&] {
        bench.set_power_good(true);
        bench.rst_n.write(false);
        wait(ps(10));
        bench.rst_n.write(true);
        EXPECT_FALSE(bench.rail_after(kRamp - 20));
        EXPECT_TRUE(bench.rail_after(20));
        bench.power_off(5);
        EXPECT_FALSE(bench.rail_after(10));
        bench.rst_n.write(false);
        wait(ps(10));
        bench.rst_n.write(true);
        EXPECT_FALSE(bench.rail_after(10));
    });
}

/// Stores half of what locking everything takes.
struct HoldUpBench : PowerBench {
    explicit HoldUpBench(const sc_core::sc_module_name& name) : PowerBench(name, Fj{kWrites / 2}) {}
};
class HoldUpTest : public BenchTest<HoldUpBench> {};

TEST_F(PowerManagerTest, WithoutStoredEnergyNothingIsLockedAfterACut) {
    simulate([&] {
        bench.power_on();
        bench.set_power_good(false);
        EXPECT_FALSE(bench.rail_after(1));
        EXPECT_EQ(bench.emergency.calls, 0);
    });
}

TEST_F(HoldUpTest, TheRailOutlivesPowerGoodAsFarAsTheEnergyGoes) {
    simulate([&] {
        bench.power_on();
        bench.set_power_good(false);
        EXPECT_TRUE(bench.rail_after(kLocking / 2 - 1));
        EXPECT_FALSE(bench.rail_after(2));
        EXPECT_EQ(bench.emergency.calls, 1);
    });
}

TEST_F(HoldUpTest, EnoughEnergyHoldsTheRailUntilEverythingIsLocked) {
    simulate([&] {
        bench.emergency.energy = Fj{kWrites / 2};
        bench.power_on();
        bench.set_power_good(false);
        EXPECT_TRUE(bench.rail_after(kLocking - 1));
        EXPECT_FALSE(bench.rail_after(2));
    });
}

TEST_F(HoldUpTest, NothingCutsTheLockingShort) {
    simulate([&] {
        bench.power_on();
        bench.set_power_good(false);
        EXPECT_TRUE(bench.rail_after(10));
        bench.set_power_good(true); // a moment too late
        EXPECT_TRUE(bench.rail_after(10));
        bench.set_power_good(false);
        EXPECT_TRUE(bench.rail_after(10));
        bench.power_off(0);
        bench.set_power_good(true);
        EXPECT_TRUE(bench.rail_after(kLocking / 2 - 32)) << "until the stored energy is used up";
        EXPECT_FALSE(bench.rail_after(4)) << "then the chip starts anew";
        EXPECT_EQ(bench.emergency.calls, 1);
        EXPECT_FALSE(bench.rail_after(kRamp - 10));
        EXPECT_TRUE(bench.rail_after(20));
    });
}

TEST_F(HoldUpTest, ACutDuringTheRampAsksNobody) {
    simulate([&] {
        bench.set_power_good(true);
        EXPECT_FALSE(bench.rail_after(kRamp / 2));
        bench.set_power_good(false);
        EXPECT_FALSE(bench.rail_after(kRamp));
        EXPECT_EQ(bench.emergency.calls, 0);
    });
}

constexpr std::int64_t kRideThrough = 2'000;

struct RideThroughBench : PowerBench {
    explicit RideThroughBench(const sc_core::sc_module_name& name) : PowerBench(name, Fj{kWrites}, Ps{kRideThrough}) {}
    /// The rail after a dip, seen so much later that a falling rail would not be up again.
    bool rail_after_dip(std::int64_t time) {
        set_power_good(false);
        wait(ps(time));
        set_power_good(true);
        return rail_after(kLocking + 10);
    }
};
class RideThroughTest : public BenchTest<RideThroughBench> {};

TEST_F(RideThroughTest, ADipThatIsShorterDoesNotReachTheRail) {
    simulate([&] {
        bench.power_on();
        for (int dip = 0; dip < 3; ++dip) EXPECT_TRUE(bench.rail_after_dip(kRideThrough - 1));
        EXPECT_EQ(bench.emergency.calls, 0) << "nobody has to know";
        EXPECT_TRUE(bench.rail_after(10 * kRamp));
    });
}

TEST_F(RideThroughTest, ALongerOneIsAPowerCutFromThenOn) {
    simulate([&] {
        bench.power_on();
        bench.set_power_good(false);
        wait(ps(kRideThrough - 1));
        EXPECT_EQ(bench.emergency.calls, 0);
        EXPECT_TRUE(bench.rail_after(2));
        EXPECT_EQ(bench.emergency.calls, 1);
        EXPECT_TRUE(bench.rail_after(kLocking - 2));
        EXPECT_FALSE(bench.rail_after(2));
        bench.set_power_good(true);
        EXPECT_FALSE(bench.rail_after(kRamp - 1));
        EXPECT_TRUE(bench.rail_after(2));
    });
}

TEST_F(RideThroughTest, ADipThatIsJustAsLongLowersTheRailAndStartsTheRamp) {
    simulate([&] {
        bench.power_on();
        EXPECT_FALSE(bench.rail_after_dip(kRideThrough));
        EXPECT_EQ(bench.emergency.calls, 1);
        EXPECT_FALSE(bench.rail_after(kRamp - 20)) << "after what was stored is used up";
        EXPECT_TRUE(bench.rail_after(20));
    });
}

TEST_F(RideThroughTest, ADipDuringTheRampStartsItAnew) {
    simulate([&] {
        bench.set_power_good(true);
        wait(ps(kRamp / 2));
        bench.set_power_good(false);
        wait(ps(1));
        bench.set_power_good(true);
        EXPECT_FALSE(bench.rail_after(kRamp - 1));
        EXPECT_TRUE(bench.rail_after(2));
    });
}

TEST_F(RideThroughTest, APowerOffDuringADipIsNotUndoneByItsEnd) {
    simulate([&] {
        bench.power_on();
        bench.set_power_good(false);
        wait(ps(10));
        bench.power_off(10);
        EXPECT_TRUE(bench.rail_after(9));
        EXPECT_FALSE(bench.rail_after(2));
        bench.set_power_good(true); // in time, but there is nothing left to ride through
        EXPECT_FALSE(bench.rail_after(kRamp - 1));
        EXPECT_TRUE(bench.rail_after(2));
        EXPECT_EQ(bench.emergency.calls, 0);
    });
}

constexpr std::int64_t kRemanence = 30'000;

struct RemanenceBench : PowerBench {
    explicit RemanenceBench(const sc_core::sc_module_name& name) : PowerBench(name, {}, {}, Ps{kRemanence}) {}
    std::int64_t secrets_after(std::int64_t time) {
        wait(ps(time));
        return dut.remanent().secrets;
    }
};
class RemanenceTest : public BenchTest<RemanenceBench> {};

TEST_F(RemanenceTest, MemoriesKeepTheirContentForThatLongAfterTheRailHasFallen) {
    simulate([&] {
        bench.power_on();
        EXPECT_EQ(bench.dut.remanent().secrets, 0) << "nothing is left behind yet";
        bench.set_power_good(false);
        EXPECT_EQ(bench.secrets_after(1), 200);
        EXPECT_EQ(bench.dut.remanent().activations, 14);
        EXPECT_EQ(bench.secrets_after(kRemanence - 2), 200);
        EXPECT_EQ(bench.secrets_after(2), 0);
        EXPECT_EQ(bench.dut.remanent().activations, 0);
    });
}

TEST_F(RemanenceTest, PowerThatReturnsDoesNotHelpBeforeTheRailIsUp) {
    simulate([&] {
        bench.power_on();
        bench.set_power_good(false);
        wait(ps(1));
        bench.set_power_good(true); // the ramp takes longer than the content lasts
        EXPECT_EQ(bench.secrets_after(kRemanence - 10), 200);
        EXPECT_EQ(bench.secrets_after(20), 0);
    });
}

TEST_F(RemanenceTest, AResetClearsThemAtOnce) {
    simulate([&] {
        bench.power_on();
        bench.rst_n.write(false);
        EXPECT_EQ(bench.secrets_after(1), 0);
        bench.rst_n.write(true);
        EXPECT_EQ(bench.secrets_after(10), 0);
    });
}

/// Remembers for longer than the ramp takes.
struct LongRemanenceBench : PowerBench {
    explicit LongRemanenceBench(const sc_core::sc_module_name& name) : PowerBench(name, {}, {}, Ps{3 * kRamp}) {}
};
class LongRemanenceTest : public BenchTest<LongRemanenceBench> {};

TEST_F(LongRemanenceTest, UnderPowerNothingDecaysAndTheNextFallStartsTheTimeAnew) {
    simulate([&] {
        bench.power_on();
        bench.set_power_good(false);
        wait(ps(1));
        bench.memory.full = bench.other.full = false; // nobody boots
        bench.power_on();
        wait(ps(10 * kRamp));
        EXPECT_EQ(bench.dut.remanent().secrets, 200);
        bench.memory.decay(); // zeroised
        EXPECT_EQ(bench.dut.remanent().secrets, 100);
        bench.set_power_good(false);
        wait(ps(3 * kRamp - 1));
        EXPECT_EQ(bench.dut.remanent().secrets, 100);
        wait(ps(3));
        EXPECT_EQ(bench.dut.remanent().secrets, 0);
    });
}

TEST_F(PowerManagerTest, WithoutRemanenceEverythingIsGoneWithTheRail) {
    simulate([&] {
        bench.power_on();
        bench.set_power_good(false);
        wait(ps(1));
        EXPECT_EQ(bench.dut.remanent().secrets, 0);
        EXPECT_EQ(bench.dut.remanent().activations, 0);
    });
}

TEST_F(PowerManagerTest, ATransactionWithoutARequestIsRefused) {
    simulate([&] {
        bench.power_on();
        EXPECT_EQ(ask_nothing(bench.isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_TRUE(bench.rail_after(kRamp));
        EXPECT_TRUE(closed_to_debug(bench.isock));
    });
}

} // namespace
} // namespace veilram::test
