// The tile controller: runs boot, inference and power-off step by step.
#pragma once

#include "hw/converter/conversion.hpp"
#include "hw/crossbar/crossbar.hpp"
#include "hw/crypto/crypto_engine.hpp"
#include "hw/digital/digital_unit.hpp"
#include "hw/power/power_manager.hpp"
#include "hw/res/scheduler_client.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"
#include "hw/tile/tile_config.hpp"
#include "models/image/image.hpp"
#include "models/image/program.hpp"

#include <systemc>

#include <cstdint>
#include <optional>
#include <vector>

namespace veilram {

/// From the host interface: starts an action, or asks how things are.
struct TileRequest {
    enum class Action : std::uint8_t { query, boot, infer, power_off };
    Action action = Action::query;
    const std::vector<std::uint8_t>* pixels = nullptr; ///< infer: the images; must stay until the action is done
    std::size_t images = 1;                            ///< infer: how many go through each layer together
    bool busy = false;                                 ///< answer
    bool failed = false;                               ///< answer: the last action was not completed
    ResState state = ResState::off;                    ///< answer
    ResFault fault = ResFault::none;                   ///< answer
    int layer = -1;                                    ///< answer: running now; -1 none
    std::size_t input_bytes = 0;                       ///< answer: of one image; 0 before boot
    std::vector<float> logits;                         ///< answer: of the last inference, image by image
};

/// The public layer program lives here after boot. An action runs in one thread, which consumes all the time; a falling
/// rail ends it at once.
class TileController final : public sc_core::sc_module, public StatProvider, public Traceable {
public:
    RequestTarget<TileController, TileRequest> tsock{"tsock"};
    tlm_utils::simple_initiator_socket<TileController> memory_isock{"memory_isock"};
    RequestInitiator<TileController, HashRequest> hash_isock{"hash_isock"};
    RequestInitiator<TileController, SchedulerRequest> res_isock{"res_isock"};
    RequestInitiator<TileController, ConversionRequest> lfsr_isock{"lfsr_isock"};
    RequestInitiator<TileController, ConversionRequest> sign_bit_isock{"sign_bit_isock"};
    RequestInitiator<TileController, ReadRequest> read_isock{"read_isock"};
    RequestInitiator<TileController, DigitalRequest> digital_isock{"digital_isock"};
    RequestInitiator<TileController, PowerOffRequest> power_isock{"power_isock"};
    sc_core::sc_in<bool> rail_i{"rail_i"};
    sc_core::sc_out<unsigned> done_o{"done_o"}; ///< counts finished actions

    SC_HAS_PROCESS(TileController);
    TileController(const sc_core::sc_module_name& name, const TileConfig& cfg);
    ~TileController() override;

    void collect(StatGroup& out) const override;
    Fj energy() const override { return Fj{}; }
    void add_traces(TraceFile& file) const override;

private:
    using Action = TileRequest::Action;
    struct PowerLoss {};
    struct Burst;

    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void run_thread();
    void rail_method();

    bool boot();
    bool fetch_program();
    std::optional<std::vector<BlobPlace>> fetch_directory();
    bool load_program(const MemoryHeader& header, const std::string& text);
    bool fits_chip() const;
    bool infer();
    bool run_nodes();
    bool run_layer(std::size_t layer);
    bool run_groups(std::size_t layer, int groups);
    bool run_slot(std::size_t layer, int slot);
    bool begin_burst(std::size_t layer, Burst& burst);
    bool finish_burst(Burst& burst);
    bool power_off();

    bool fetch(std::uint64_t offset, void* data, std::size_t size);
    template <class Command> bool compute(Command& command, sc_core::sc_time& delay);
    template <class Command> bool compute(Command& command);
    void spend(const sc_core::sc_time& time);

    const TileConfig cfg_;
    SchedulerClient scheduler_;
    sc_core::sc_event start_ev_{"start_ev"};
    Action action_ = Action::query;
    const std::vector<std::uint8_t>* pixels_ = nullptr;
    std::size_t images_ = 1;
    bool failed_ = false;
    MemoryHeader header_;
    std::optional<Program> program_;
    std::vector<float> logits_;
    std::vector<CodeTable> codes_; ///< of the burst at work: the next one reuses the memory
    unsigned done_ = 0;
    std::int64_t inferences_ = 0;
    std::int64_t bursts_ = 0;
    unsigned action_q_ = 0;
    int layer_q_ = -1;
};

} // namespace veilram
