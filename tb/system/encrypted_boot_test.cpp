// Encrypted boot: fetch, verify, unseal - or refuse.
#include "tb/system/platform_test.hpp"

#include <algorithm>

namespace veilram::test {
namespace {

using EncryptedBoot = PlatformTest;

/// Memory content as flatten() made it, with one byte changed.
void flip_memory(Host& host, std::size_t size, std::size_t at) {
    Bytes content = host.dump_memory(size);
    content[at] ^= 1U;
    host.load_memory(content);
}

std::size_t memory_size(const Scenario& scenario) { return flatten(scenario.compiled.image.memory).size(); }

TEST_F(EncryptedBoot, EndsLockedAndTakesTime) {
    const Scenario scenario;
    simulate(scenario, [&] {
        EXPECT_EQ(state(), ResState::off);
        host().power_on();
        EXPECT_GE(now(), sc_core::sc_time(100, sc_core::SC_US)) << "the rail ramps";
        const auto begin = now();
        ASSERT_TRUE(host().boot());
        EXPECT_EQ(state(), ResState::locked);
        EXPECT_GT(now() - begin, sc_core::sc_time(100, sc_core::SC_NS)) << "fetching and unsealing take time";
        EXPECT_EQ(host().read(reg::kInputSize), 64U) << "the program is there";
    });
}

TEST_F(EncryptedBoot, IsRefusedBeforePowerIsGood) {
    const Scenario scenario;
    simulate(scenario, [&] {
        EXPECT_EQ(host().command(reg::kCtrlBoot), tlm::TLM_COMMAND_ERROR_RESPONSE);
        EXPECT_EQ(state(), ResState::off);
    });
}

TEST_F(EncryptedBoot, RefusesAFlippedBitInABlob) {
    const Scenario scenario;
    simulate(scenario, [&] {
        flip_memory(host(), memory_size(scenario), memory_size(scenario) - 40); // inside the last blob
        host().power_on();
        EXPECT_FALSE(host().boot());
        EXPECT_EQ(state(), ResState::fault);
        EXPECT_EQ(fault(), ResFault::blob_refused);
        const auto image = scenario.pixels(1);
        EXPECT_TRUE(host().infer(image.data(), image.size()).empty()) << "no inference after a fault";
    });
}

TEST_F(EncryptedBoot, RefusesAChangedProgram) {
    const Scenario scenario;
    simulate(scenario, [&] {
        // The first digit after a "bias" key belongs to a public number: still a valid program, but not the sealed one.
        Bytes content = host().dump_memory(memory_size(scenario));
        const std::string key = "bias";
        auto place = std::search(content.begin(), content.end(), key.begin(), key.end());
        ASSERT_NE(place, content.end());
        place = std::find_if(place, content.end(), [](std::uint8_t c) { return c >= '1' && c <= '8'; });
        ++*place;
        host().load_memory(content);
        host().power_on();
        EXPECT_FALSE(host().boot());
        EXPECT_EQ(fault(), ResFault::blob_refused);
    });
}

TEST_F(EncryptedBoot, RefusesAnotherRootKey) {
    const Scenario scenario;
    ChipConfig other = scenario.chip();
    other.root_key[0] ^= 1U;
    simulate(scenario, other, [&] {
        host().power_on();
        EXPECT_FALSE(host().boot());
        EXPECT_EQ(fault(), ResFault::blob_refused);
    });
}

TEST_F(EncryptedBoot, RefusesAReplayedOlderVersion) {
    const Scenario scenario;
    ChipConfig newer = scenario.chip();
    newer.minimum_version = 2;
    simulate(scenario, newer, [&] {
        host().power_on();
        EXPECT_FALSE(host().boot());
        EXPECT_EQ(fault(), ResFault::version_replayed);
    });
}

TEST_F(EncryptedBoot, ReportsAMemoryWithoutAnImage) {
    const Scenario scenario;
    simulate(scenario, [&] {
        host().load_memory(Bytes(memory_size(scenario)));
        host().power_on();
        EXPECT_FALSE(host().boot());
        EXPECT_EQ(fault(), ResFault::memory);
    });
}

TEST_F(EncryptedBoot, RaisesTheMonotonicCounterToTheImagesVersion) {
    CompileConfig config = Scenario::small_config();
    config.keys.version = 5;
    const Scenario scenario(config);
    simulate(scenario, [&] {
        host().power_on();
        EXPECT_TRUE(host().boot());
        const auto stats = collect_stats(chip());
        const auto counter =
            std::find_if(stats.begin(), stats.end(), [](const Stat& stat) { return stat.name == "minimum_version"; });
        ASSERT_NE(counter, stats.end());
        EXPECT_EQ(counter->value, 5);
        host().power_off();
        host().power_on();
        EXPECT_TRUE(host().boot()) << "the same version boots again";
    });
}

} // namespace
} // namespace veilram::test
