// Decryption: secrets are in the registers of the layer in work, and nowhere else.
#include "hw/sim/trace.hpp"
#include "models/base/file.hpp"
#include "tb/support/secret_search.hpp"
#include "tb/system/platform_test.hpp"

#include <algorithm>
#include <filesystem>
#include <unistd.h>

namespace veilram::test {
namespace {

using Decryption = PlatformTest;

const GslSelector& selector(const VeilRam& chip) {
    for (const auto* child : chip.get_child_objects())
        if (const auto* gsl = dynamic_cast<const GslSelector*>(child)) return *gsl;
    throw std::logic_error("the chip has no GSL selector");
}

TEST_F(Decryption, UnlocksOneLayerAtATime) {
    const Scenario scenario;
    simulate(scenario, [&] {
        host().power_on();
        ASSERT_TRUE(host().boot());
        EXPECT_EQ(selector(chip()).loaded(), 0U) << "boot unseals into the key store, not into the registers";
        const auto image = scenario.pixels(1);
        auto copy = image;
        ASSERT_EQ(host().transfer(tlm::TLM_WRITE_COMMAND, reg::kInput, copy.data(), copy.size()), tlm::TLM_OK_RESPONSE);
        ASSERT_EQ(host().command(reg::kCtrlInfer), tlm::TLM_OK_RESPONSE);
        std::vector<unsigned> per_layer(scenario.compiled.program.layers.size());
        std::vector<int> order;
        while (host().status().busy) {
            const ChipStatus status = host().status();
            const auto layer = static_cast<int>(host().read(reg::kLayer));
            if (status.state == static_cast<std::uint32_t>(ResState::compute) && layer >= 0) {
                auto& most = per_layer[static_cast<std::size_t>(layer)];
                most = std::max(most, selector(chip()).loaded());
                if (order.empty() || order.back() != layer) order.push_back(layer);
            }
        }
        EXPECT_EQ(order, (std::vector<int>{0, 1})) << "layers in order, each once";
        for (std::size_t l = 0; l < per_layer.size(); ++l)
            EXPECT_EQ(per_layer[l], scenario.compiled.program.layers[l].crossbars.size() * 2U)
                << "n vectors per crossbar of layer " << l;
        EXPECT_EQ(selector(chip()).loaded(), 0U) << "locked again";
        EXPECT_EQ(state(), ResState::locked);
    });
}

TEST_F(Decryption, ShowsNoSecretToDebugTransportAtAnyTime) {
    const Scenario scenario;
    simulate(scenario, [&] {
        const auto check = [&](const char* when) {
            const Bytes seen = visible_to_a_thief(scenario);
            for (const auto& secret : secret_strings(scenario)) EXPECT_FALSE(contains(seen, secret)) << when;
        };
        check("before power-on");
        host().power_on();
        ASSERT_TRUE(host().boot());
        check("after boot");
        auto image = scenario.pixels(1);
        host().transfer(tlm::TLM_WRITE_COMMAND, reg::kInput, image.data(), image.size());
        ASSERT_EQ(host().command(reg::kCtrlInfer), tlm::TLM_OK_RESPONSE);
        while (host().status().state != static_cast<std::uint32_t>(ResState::compute)) {
        }
        check("while a layer is in clear");
        host().wait_done();
        host().power_off();
        check("after power-off");
    });
}

TEST_F(Decryption, ADebugReadOfTheCellsIsOpen) {
    const Scenario scenario;
    simulate(scenario, [&] {
        const NvmPart dump = host().dump(scenario.compiled.program);
        EXPECT_EQ(dump.cells, scenario.compiled.image.nvm.cells);
        EXPECT_EQ(dump.signs, scenario.compiled.image.nvm.signs);
    });
}

class DecryptionWave : public PlatformTest {
protected:
    /// The waveform of one inference.
    std::string record(const Scenario& scenario, bool secrets) {
        namespace fs = std::filesystem;
        const fs::path folder = fs::temp_directory_path() / ("veilram_wave_" + std::to_string(::getpid()));
        fs::create_directories(folder);
        const std::string path = (folder / "run.vcd").string();
        const Bytes memory = flatten(scenario.compiled.image.memory);
        system_ = std::make_unique<System>("system", scenario.chip(), memory.size());
        TraceFile trace(path, secrets);
        trace.add_all(*system_);
        host().body = [&] {
            host().program(scenario.compiled.image.nvm);
            host().load_memory(memory);
            host().power_on();
            ASSERT_TRUE(host().boot());
            const auto image = scenario.pixels(1);
            EXPECT_FALSE(host().infer(image.data(), image.size()).empty());
        };
        run(sc_core::sc_time(1, sc_core::SC_SEC));
        trace.close();
        std::string text = read_file(path);
        fs::remove_all(folder);
        return text;
    }
};

TEST_F(DecryptionWave, ShowsNoSecret) {
    const Scenario scenario;
    const std::string text = record(scenario, false);
    for (const char* shown : {"rail", "state", "layer", "loaded", "busy", "reading"})
        EXPECT_NE(text.find(std::string(" ") + shown), std::string::npos) << shown;
    EXPECT_EQ(text.find(" lines"), std::string::npos);
    EXPECT_EQ(text.find(" start"), std::string::npos);
    const SecretSearch wave(text);
    EXPECT_FALSE(wave.shows(Bytes(scenario.root_key.begin(), scenario.root_key.end())));
    for (const LayerSecrets& layer : scenario.compiled.secrets)
        for (const Bytes& secret : secret_bytes(layer)) EXPECT_FALSE(wave.shows(secret));
}

TEST_F(DecryptionWave, ShowsVectorsAndStartPositionsWhenAskedButNoKey) {
    const Scenario scenario;
    const std::string text = record(scenario, true);
    EXPECT_NE(text.find(" start"), std::string::npos);
    const SecretSearch wave(text);
    for (const LayerSecrets& layer : scenario.compiled.secrets) {
        const auto is_shown = [&](const GslVector& vector) {
            const auto* bytes = reinterpret_cast<const std::uint8_t*>(vector.data());
            return wave.shows(Bytes(bytes, bytes + vector.size() * sizeof(Word)));
        };
        const auto& last = layer.gsl.back().vectors; // the last crossbar's lines stay while time passes
        EXPECT_TRUE(std::any_of(last.begin(), last.end(), is_shown));
        EXPECT_FALSE(wave.shows(Bytes(layer.mask_key.begin(), layer.mask_key.end())));
    }
    EXPECT_FALSE(wave.shows(Bytes(scenario.root_key.begin(), scenario.root_key.end())));
}

} // namespace
} // namespace veilram::test
