// The digital unit: levels in, signs, accumulation, scales, activation functions, pooling (docs/model.md, section 4).
#pragma once

#include "hw/crossbar/cell_requests.hpp"
#include "hw/digital/mask_load.hpp"
#include "hw/power/remanence.hpp"
#include "hw/sim/busy_line.hpp"
#include "hw/sim/event_meter.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"
#include "models/image/program.hpp"
#include "models/nn/level_engine.hpp"
#include "models/sc/row_adder.hpp"

#include <systemc>

#include <cstdint>
#include <map>
#include <optional>
#include <variant>
#include <vector>

namespace veilram {

/// Takes a batch of images, a byte per sample, into the activation buffer.
struct LoadInput {
    const std::uint8_t* pixels = nullptr;
    std::size_t images = 1;
};
/// Computes one digital node.
struct RunNode {
    std::size_t node = 0;
};
/// Quantises the inputs of one group of a matrix layer; clears its accumulators. Several groups of a layer may be open
/// at a time.
struct BeginGroup {
    std::size_t layer = 0;
    int group = 0;
};
/// Asks for the levels of input k at every position. Answer: the distinct ones of its channel.
struct SelectLevels {
    int input = 0;
    bool in_order = false; ///< whether `sequence` is wanted
    LevelSet levels;
    std::int64_t positions = 0;
    std::vector<std::uint8_t> sequence; ///< answer: the level at every position
    int group = 0;
};
/// Adds sign * code for one slot at every position; `codes` hold the levels that SelectLevels gave for its input.
struct Accumulate {
    std::size_t crossbar = 0; ///< within the layer
    int slot = 0;
    const std::vector<CodeTable>* codes = nullptr;
};
/// Scales, adds the bias and stores the group's outputs.
struct EndGroup {
    int group = 0;
};
/// Answer: the last node's values.
struct ReadLogits {
    std::vector<float> logits;
};

struct DigitalRequest {
    const Program* program = nullptr; ///< the tile controller's program memory
    std::variant<LoadInput, RunNode, BeginGroup, SelectLevels, Accumulate, EndGroup, ReadLogits> command;
};

struct DigitalConfig {
    Cost accumulate;         ///< time: one position, all outputs of a crossbar side by side; energy: one addition
    Cost element;            ///< one element through quantiser, scale, activation or pooling
    Cost mask_row;           ///< keystream of one sign row
    std::size_t secrets = 1; ///< layers whose mask keys and zero-point sums fit: those that are in clear at a time
};

enum class DigitalEvent : std::uint8_t { accumulate, element, mask_row };

/// Its activation buffer, mask key and zero-point sums are volatile; no debug access reaches them.
class DigitalUnit final : public sc_core::sc_module, public RemanentMemory, public StatProvider, public Traceable {
public:
    RequestTarget<DigitalUnit, DigitalRequest> tsock{"tsock"};
    RequestTarget<DigitalUnit, MaskLoad> mask_tsock{"mask_tsock"};
    RequestInitiator<DigitalUnit, RowReadRequest> sign_isock{"sign_isock"};
    sc_core::sc_in<bool> rail_i{"rail_i"};

    SC_HAS_PROCESS(DigitalUnit);
    DigitalUnit(const sc_core::sc_module_name& name, const DigitalConfig& cfg);
    ~DigitalUnit() override;

    void collect(StatGroup& out) const override { meter_.collect(out); }
    Fj energy() const override { return meter_.energy(); }
    void add_traces(TraceFile& file) const override;

private:
    struct Secrets {
        Key128 mask_key{};
        std::vector<std::int32_t> weight_sums;
    };

    /// A group of the layer at work.
    struct Group {
        LevelMap levels;
        Accumulators acc;
        std::map<std::size_t, RowAdder> adders; ///< by first output: sums on their way into acc
    };

    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void mask_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void rail_method();

    bool execute(LoadInput& command, const Program& program, sc_core::sc_time& delay);
    bool execute(RunNode& command, const Program& program, sc_core::sc_time& delay);
    bool execute(BeginGroup& command, const Program& program, sc_core::sc_time& delay);
    bool execute(SelectLevels& command, const Program& program, sc_core::sc_time& delay);
    bool execute(Accumulate& command, const Program& program, sc_core::sc_time& delay);
    bool execute(EndGroup& command, const Program& program, sc_core::sc_time& delay);
    bool execute(ReadLogits& command, const Program& program, sc_core::sc_time& delay);

    bool read_signs(const Accumulate& command, const Program& program, std::vector<Word>& bits,
                    sc_core::sc_time& delay);
    static void add_codes(Group& group, const CrossbarPlan& plan, const Accumulate& command, const Word* signs,
                          std::size_t first_sign);
    void charge_elements(std::size_t count, sc_core::sc_time& delay);
    bool load(const MaskLoad& load);
    /// Null when the layer is locked.
    const Secrets* secrets_of(std::size_t layer) const;
    void wipe_secrets(std::optional<std::uint32_t> layer);
    void wipe_activations();
    RemanentBits content() const;
    static RowAdder& adder_of(Group& group, std::size_t first_output, std::size_t outputs);
    bool has_inputs(const Node& node, const Program& program) const;
    void release_inputs(std::size_t node, const Program& program);

    const DigitalConfig cfg_;
    std::map<std::size_t, Secrets> secrets_; ///< by layer
    std::vector<Tensor> values_;             ///< activation buffer: by ValueId
    std::size_t layer_ = 0;
    std::map<int, Group> groups_; ///< that are open
    EventMeter<DigitalEvent, 3> meter_;
    BusyLine busy_{"busy"};
};

} // namespace veilram
