// Fixture of the system tests: a small network, compiled and placed into chip and memory.
#pragma once

#include "models/image/compile.hpp"
#include "tb/host/system.hpp"
#include "tb/support/sim_test.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace veilram::test {

/// Two matrix layers (conv, dense) with a ReLU and a pool between them; random weights, masked signs, n = 2.
struct Scenario {
    CompileConfig config;
    Graph graph;
    std::vector<ActivationQuant> activations;
    Compiled compiled;
    Key256 root_key{};

    explicit Scenario(CompileConfig cfg = small_config(), Graph network = small_graph());
    static Graph small_graph();
    /// A conv of four groups in place of the dense layer.
    static Graph grouped_graph();
    static CompileConfig small_config();
    ChipConfig chip() const;
    /// Random pixels of one image.
    std::vector<std::uint8_t> pixels(std::uint64_t seed) const;
    /// Logits of the functional fidelity.
    std::vector<float> expected(const std::vector<std::uint8_t>& image) const;
};

class PlatformTest : public SimTest {
protected:
    /// Places the scenario into a new system, runs `body` in the host's thread.
    void simulate(const Scenario& scenario, const ChipConfig& chip, const std::function<void()>& body,
                  const std::optional<DramSpec>& dram = {});
    void simulate(const Scenario& scenario, const std::function<void()>& body) {
        simulate(scenario, scenario.chip(), body);
    }

    Host& host() { return system_->host; }
    VeilRam& chip() { return system_->platform.chip; }
    ResState state() { return static_cast<ResState>(host().status().state); }
    ResFault fault() { return static_cast<ResFault>(host().status().fault); }
    static sc_core::sc_time now() { return sc_core::sc_time_stamp(); }

    /// Everything that debug transport shows of the chip: the whole address map of the host interface.
    Bytes visible_to_a_thief(const Scenario& scenario);

    std::unique_ptr<System> system_;
};

/// Plain secrets that must never be visible: every GSL vector, start table and mask key, as byte strings.
std::vector<Bytes> secret_strings(const Scenario& scenario);
bool contains(const Bytes& haystack, const Bytes& needle);

} // namespace veilram::test
