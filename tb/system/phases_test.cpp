// What protection costs besides computing: the closed form beside the platform.
#include "models/arch/life.hpp"
#include "tb/system/platform_test.hpp"

namespace veilram::test {
namespace {

class Phases : public PlatformTest {
protected:
    std::int64_t figure(const std::string& block, const std::string& name) {
        for (const Stat& stat : collect_stats(chip()))
            if (stat.block == std::string(chip().name()) + "." + block && stat.name == name) return stat.value;
        ADD_FAILURE() << block << " has no figure " << name;
        return -1;
    }
    static ScMachine machine_of(const ChipConfig& chip) {
        ScMachine machine;
        machine.array = chip.array;
        machine.n = chip.n;
        machine.costs = chip.costs;
        return machine;
    }
    static NetworkEstimate estimate_of(const Scenario& scenario, const ScMachine& machine) {
        return estimate(layer_work(scenario.graph), machine);
    }
};

TEST_F(Phases, OfTheClosedFormAreThoseOfThePlatform) {
    const Scenario scenario;
    const ChipConfig chip = scenario.chip();
    ScMachine machine = machine_of(chip);
    const LifeEstimate life = life_of(estimate_of(scenario, machine), machine);
    const std::int64_t layers = 2;
    const Ps directory = (chip.costs.dram_access.time + chip.costs.dram_burst.time) * layers; // read by the tile
    simulate(scenario, chip, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        EXPECT_EQ(figure("res", "unseal_time"), (life.boot.total().time - directory).value);
        EXPECT_EQ(figure("crypto", "aes_blocks") * chip.costs.aes_block.energy.value,
                  life.boot.blocks.at("chip.crypto").energy.value);
        const auto image = scenario.pixels(1);
        ASSERT_FALSE(host().infer(image.data(), image.size()).empty());
        EXPECT_EQ(figure("res", "unlock_time"), life.unlock.total().time.value);
        EXPECT_EQ(figure("res", "lock_time"), life.lock.total().time.value);
        ASSERT_TRUE(host().power_off());
        EXPECT_EQ(figure("res", "shutdown_time"), life.power_off.total().time.value);
        Fj keys;
        for (const PhaseCost* phase : {&life.boot, &life.unlock, &life.power_off})
            keys += phase->blocks.at("chip.keys").energy;
        EXPECT_EQ(figure("keys", "energy"), keys.value);
        std::int64_t sealed = 0;
        for (const SealedBlob& blob : scenario.compiled.image.memory.sealed)
            sealed += static_cast<std::int64_t>(blob.size());
        EXPECT_EQ(life.sealed_bytes, sealed);
    });
}

TEST_F(Phases, GroupsOfALayerAreComputedSideBySide) {
    const Scenario scenario(Scenario::small_config(), Scenario::grouped_graph());
    const ChipConfig chip = scenario.chip();
    ScMachine machine = machine_of(chip);
    simulate(scenario, chip, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        const auto image = scenario.pixels(1);
        const auto begin = now();
        EXPECT_EQ(host().infer(image.data(), image.size()), scenario.expected(image));
        const double took = (now() - begin).to_seconds();
        const NetworkEstimate expected = estimate_of(scenario, machine);
        const double grouped = seconds(expected.layers.at(1).time);
        EXPECT_GT(took, seconds(expected.time()));
        EXPECT_LT(took, seconds(expected.time()) + 1.5 * grouped)
            << "one after another they take three times more of it";
    });
}

class SharedUnitsOfAChip : public Phases, public ::testing::WithParamInterface<Sharing> {};

TEST_P(SharedUnitsOfAChip, TakeTheTurnsOfTheClosedFormAndChangeNoLogits) {
    const Scenario scenario(Scenario::small_config(), Scenario::grouped_graph());
    ChipConfig chip = scenario.chip();
    chip.sharing = GetParam();
    chip.costs.adc_conversion.time = Ps{20'000}; // so that turns count on few row pairs
    chip.costs.inject.time = Ps{10'000};
    ScMachine machine = machine_of(chip);
    const double alone = seconds(estimate_of(scenario, machine).time());
    machine.sharing = chip.sharing;
    const double shared = seconds(estimate_of(scenario, machine).time());
    simulate(scenario, chip, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        const auto image = scenario.pixels(1);
        const auto begin = now();
        EXPECT_EQ(host().infer(image.data(), image.size()), scenario.expected(image));
        const double took = (now() - begin).to_seconds(), besides = 20e-6; // digital work, unlocking, the host
        EXPECT_GT(shared, 1.3 * alone);
        EXPECT_GT(took, shared);
        EXPECT_LT(took, 1.02 * shared + besides);
    });
}

INSTANTIATE_TEST_SUITE_P(Some, SharedUnitsOfAChip,
                         ::testing::Values(Sharing{16, 1, false, 0}, Sharing{1, 3, false, 0}, Sharing{12, 4, false, 5}),
                         [](const auto& variant) {
                             return "Converter" + std::to_string(variant.param.converter) + "Adcs" +
                                    std::to_string(variant.param.adcs) + "Tile" + std::to_string(variant.param.tile);
                         });

TEST_F(Phases, OwnWorkOfBlocksIsTheTimeOfTheirEvents) {
    const Scenario scenario;
    const ChipConfig chip = scenario.chip();
    simulate(scenario, chip, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        const auto image = scenario.pixels(1);
        ASSERT_FALSE(host().infer(image.data(), image.size()).empty());
        const auto events = [&](const char* block, const char* name, Ps time) {
            return figure(block, name) * time.value;
        };
        EXPECT_EQ(figure("crypto", "busy"), events("crypto", "aes_blocks", chip.costs.aes_block.time) +
                                                events("crypto", "sha_blocks", chip.costs.sha_block.time));
        EXPECT_EQ(figure("keys", "busy"), events("keys", "sram_words", chip.costs.key_sram_word.time));
        EXPECT_EQ(figure("dram", "busy"), events("dram", "accesses", chip.costs.dram_access.time) +
                                              events("dram", "bursts", chip.costs.dram_burst.time));
        EXPECT_EQ(figure("gsl", "busy"), events("gsl", "vector_loads", chip.costs.gsl_vector_load.time) +
                                             events("gsl", "zeroisations", chip.costs.gsl_zeroise.time) +
                                             events("gsl", "line_switches", chip.costs.gsl_line_switch.time));
        EXPECT_EQ(figure("signs", "busy"), events("signs", "row_reads", chip.costs.sign_row_read.time));
        EXPECT_GT(figure("crossbar_0", "busy"), 0);
    });
}

} // namespace
} // namespace veilram::test
