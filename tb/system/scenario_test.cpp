// Steps of a scenario that happen while the chip is on: brown-outs, and somebody who changes cells or memory.
#include "models/image/sc_engine.hpp"
#include "models/image/sign_flips.hpp"
#include "models/nn/infer.hpp"
#include "models/sfge/key.hpp"
#include "tb/host/scenario.hpp"
#include "tb/system/platform_test.hpp"

#include <gmock/gmock.h>

namespace veilram::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ScenarioStepTest : public PlatformTest {
protected:
    ScenarioPlayer player(const Scenario& scenario) {
        return {host(),
                {scenario.compiled.program, scenario.compiled.secrets,
                 [&](std::size_t image) { return scenario.pixels(image); },
                 [&](std::size_t image) { return scenario.expected(scenario.pixels(image)); },
                 flatten(scenario.compiled.image.memory).size(), [&] { return chip().remanent(); }}};
    }
    /// Of the functional model with other cells.
    static std::vector<float> expected_of(const Scenario& scenario, const NvmPart& nvm, std::size_t image) {
        const Program& program = scenario.compiled.program;
        ScEngine engine(program, nvm, scenario.compiled.secrets);
        const auto pixels = scenario.pixels(image);
        return infer(program.graph, to_tensor(pixels.data(), 1, program.graph.in_shape, program.input), engine).data;
    }
    std::vector<float> infer_on_chip(const Scenario& scenario, std::size_t image) {
        const auto pixels = scenario.pixels(image);
        return host().infer(pixels.data(), pixels.size());
    }
    static std::string byte_of_last_blob(const Scenario& scenario) {
        return std::to_string(flatten(scenario.compiled.image.memory).size() - 100);
    }
};

TEST_F(ScenarioStepTest, ABlobThatChangesBeforeTheBootReadsItIsRefused) {
    const Scenario scenario;
    simulate(scenario, [&] {
        auto life = player(scenario);
        life.play("power_on");
        const auto event = life.play("tamper memory " + byte_of_last_blob(scenario) + " boot after 10 ns");
        EXPECT_THAT(event.outcome, HasSubstr("refused: a sealed blob"));
        EXPECT_EQ(event.state, "FAULT");
        life.play("power_off");
        life.play("tamper memory " + byte_of_last_blob(scenario));
        EXPECT_EQ(life.play("recover").outcome, "booted");
    });
}

TEST_F(ScenarioStepTest, ABlobThatChangesAfterTheBootIsFoundOutByTheNextOne) {
    const Scenario scenario;
    simulate(scenario, [&] {
        auto life = player(scenario);
        life.play("power_on");
        life.play("boot");
        const auto event = life.play("tamper memory " + byte_of_last_blob(scenario) + " infer 1 at COMPUTE");
        EXPECT_TRUE(event.right) << event.outcome;
        EXPECT_THAT(event.outcome, HasSubstr("logits as they must be"));
        life.play("power_off");
        EXPECT_EQ(life.play("recover").state, "FAULT");
    });
}

TEST_F(ScenarioStepTest, CellsThatChangeWhileTheChipIsOnGiveTheLogitsOfTheChangedCells) {
    const Scenario scenario;
    NvmPart changed = scenario.compiled.image.nvm;
    simulate(scenario, [&] {
        auto life = player(scenario);
        life.play("power_on");
        life.play("boot");
        EXPECT_TRUE(life.play("infer 1").right);
        for (std::uint32_t row = 0; row < 40; ++row) {
            life.play("tamper cell 0 " + std::to_string(row) + " 7");
            changed.cells[0].set(row, 7, !changed.cells[0].get(row, 7));
        }
        life.play("tamper sign 0 1 2");
        changed.signs[0].set(1, 2, !changed.signs[0].get(1, 2));
        const auto event = life.play("infer 1");
        EXPECT_FALSE(event.right);
        EXPECT_THAT(event.outcome, HasSubstr("WRONG"));
        EXPECT_NE(expected_of(scenario, changed, 1), scenario.expected(scenario.pixels(1)));
        EXPECT_EQ(infer_on_chip(scenario, 1), expected_of(scenario, changed, 1));
        const auto off = life.play("power_off");
        EXPECT_TRUE(off.right) << "the chip itself changed nothing: " << off.outcome;
        const NvmPart dump = host().dump(scenario.compiled.program);
        EXPECT_EQ(dump.cells, changed.cells);
        EXPECT_EQ(dump.signs, changed.signs);
    });
}

TEST_F(ScenarioStepTest, CellsOfALayerThatHasComputedMatterToTheNextInferenceOnly) {
    const Scenario scenario;
    simulate(scenario, [&] {
        auto life = player(scenario);
        life.play("power_on");
        life.play("boot");
        const auto event = life.play("tamper sign 0 0 0 infer 1 at COMPUTE 1");
        EXPECT_TRUE(event.right) << event.outcome;
        EXPECT_FALSE(life.play("infer 1").right);
        life.play("tamper sign 0 0 0");
        EXPECT_TRUE(life.play("infer 1").right);
    });
}

TEST_F(ScenarioStepTest, ASignThatIsFlippedAtRestIsWrittenToItsValueWhateverSomebodyMadeOfIt) {
    Scenario scenario;
    add_sign_flips(scenario.compiled, scenario.compiled.image.nvm, choose_at_random(scenario.graph, {3, false}, 1),
                   scenario.config.keys);
    const SignFlip& flip = scenario.compiled.secrets[0].flips.at(0);
    const std::string tamper = "tamper sign " + std::to_string(flip.crossbar) + " " + std::to_string(flip.row) + " " +
                               std::to_string(flip.column);
    simulate(scenario, [&] {
        auto life = player(scenario);
        life.play("power_on");
        life.play("boot");
        life.play(tamper);
        EXPECT_EQ(life.play("dump").cells->signs_in_clear, 1);
        EXPECT_TRUE(life.play("infer 1").right);
        const auto off = life.play("power_off");
        EXPECT_TRUE(off.right) << off.outcome;
    });
}

TEST_F(ScenarioStepTest, ABrownOutTellsWhetherTheRailHeld) {
    const Scenario scenario;
    ChipConfig chip = scenario.chip();
    chip.ride_through = Ps{1'000'000};
    simulate(scenario, chip, [&] {
        auto life = player(scenario);
        life.play("power_on");
        EXPECT_THAT(life.play("brown_out 900 ns boot at BOOT").outcome, StartsWith("booted"));
        EXPECT_EQ(life.play("brown_out 900 ns").outcome, "the rail held");
        EXPECT_THAT(life.play("brown_out 900 ns infer 1 at COMPUTE 1").outcome, HasSubstr("logits as they must be"));
        for (const char* step : {"brown_out 2 us infer 1 at COMPUTE 1", "brown_out 2 us boot after 100 ns"}) {
            const auto event = life.play(step);
            EXPECT_EQ(event.outcome, "the rail fell; cells at rest");
            EXPECT_EQ(event.state, "OFF");
        }
        EXPECT_EQ(life.play("boot").outcome, "booted") << "power is back";
        EXPECT_TRUE(life.play("infer 1").right);
        EXPECT_THAT(life.play("brown_out 200 ns power_off after 0 ns").outcome, StartsWith("in order"));
    });
}

TEST_F(ScenarioStepTest, ABrownOutThatStoredEnergyBridgesIsAPowerCutAllTheSame) {
    const Scenario scenario;
    ChipConfig chip = scenario.chip();
    chip.hold_up = Fj{1'000'000};
    simulate(scenario, chip, [&] {
        auto life = player(scenario);
        life.play("power_on");
        life.play("boot");
        EXPECT_THAT(life.play("brown_out 1 ns").outcome, StartsWith("the rail fell"));
        EXPECT_EQ(life.play("boot").outcome, "booted");
        EXPECT_THAT(life.play("power_off").outcome, Not(HasSubstr("not in order")));
    });
}

} // namespace
} // namespace veilram::test
