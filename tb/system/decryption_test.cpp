// Decryption: secrets are in the registers of the layer in work, and nowhere else.
#include "hw/sim/trace.hpp"
#include "tb/system/platform_test.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

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

/// Runs one inference with a waveform and returns the file's text.
std::string waveform(bool secrets, const std::function<void(const std::string&)>& simulate_with) {
    const auto folder = std::filesystem::temp_directory_path() / ("veilram_wave_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    const std::string path = (folder / "run.vcd").string();
    simulate_with(path);
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    std::filesystem::remove_all(folder);
    EXPECT_EQ(text.str().find("$var") != std::string::npos, true) << "secrets " << secrets;
    return text.str();
}

TEST_F(Decryption, KeepsSecretsOutOfTheWaveform) {
    const Scenario scenario;
    const std::string text = waveform(false, [&](const std::string& path) {
        system_ = std::make_unique<System>("system", scenario.chip(), flatten(scenario.compiled.image.memory).size());
        TraceFile trace(path, false);
        trace.add_all(*system_);
        host().body = [&] {
            host().program(scenario.compiled.image.nvm);
            host().load_memory(flatten(scenario.compiled.image.memory));
            host().power_on();
            ASSERT_TRUE(host().boot());
            const auto image = scenario.pixels(1);
            EXPECT_FALSE(host().infer(image.data(), image.size()).empty());
        };
        run(sc_core::sc_time(1, sc_core::SC_SEC));
    });
    for (const char* shown : {"rail", "state", "layer", "loaded", "busy", "reading"})
        EXPECT_NE(text.find(std::string(" ") + shown), std::string::npos) << shown;
    EXPECT_EQ(text.find(" lines"), std::string::npos);
    EXPECT_EQ(text.find(" start"), std::string::npos);
}

TEST_F(Decryption, ShowsSecretsInTheWaveformWhenAsked) {
    const Scenario scenario;
    const std::string text = waveform(true, [&](const std::string& path) {
        system_ = std::make_unique<System>("system", scenario.chip(), flatten(scenario.compiled.image.memory).size());
        TraceFile trace(path, true);
        trace.add_all(*system_);
        host().body = [&] { host().power_on(); };
        run(sc_core::sc_time(1, sc_core::SC_SEC));
    });
    EXPECT_NE(text.find(" lines"), std::string::npos);
    EXPECT_NE(text.find(" start"), std::string::npos);
}

} // namespace
} // namespace veilram::test
