// The host interface: registers, interrupt, input and logits windows. Answers in every power state.
#pragma once

#include "hw/power/remanence.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"
#include "hw/tile/tile_controller.hpp"
#include "hw/top/registers.hpp"

#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <vector>

namespace veilram {

struct HostConfig {
    std::uint32_t crossbars = 1;
    std::uint64_t cell_bytes = 0; ///< of one crossbar
    std::uint64_t sign_bytes = 0; ///< of the sign crossbar
    Ps access;                    ///< one register or window access
};

/// Misuse is answered by a TLM error, never by an abort. The input window is volatile: it goes with the rail, and with
/// the command to power off. Debug transport reaches the non-volatile cells in every power
/// state - a thief's microscope, and the factory's programmer - and nothing else.
class HostInterface final : public sc_core::sc_module, public RemanentMemory, public StatProvider, public Traceable {
public:
    tlm_utils::simple_target_socket<HostInterface> tsock{"tsock"};
    RequestInitiator<HostInterface, TileRequest> tile_isock{"tile_isock"};
    sc_core::sc_vector<tlm_utils::simple_initiator_socket<HostInterface>> cell_isock{"cell_isock"};
    tlm_utils::simple_initiator_socket<HostInterface> sign_isock{"sign_isock"};
    sc_core::sc_in<unsigned> done_i{"done_i"};
    sc_core::sc_in<bool> rail_i{"rail_i"};
    sc_core::sc_in<bool> rst_ni{"rst_ni"};
    sc_core::sc_out<bool> irq_o{"irq_o"};

    SC_HAS_PROCESS(HostInterface);
    HostInterface(const sc_core::sc_module_name& name, const HostConfig& cfg);
    ~HostInterface() override;

    void power_fails() override { clear_input(); }

    void collect(StatGroup& out) const override;
    Fj energy() const override { return Fj{}; }
    void add_traces(TraceFile& file) const override;

private:
    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    unsigned transport_dbg(tlm::tlm_generic_payload& trans);
    unsigned cells_debug(tlm::tlm_generic_payload& trans, std::uint64_t offset);
    tlm::tlm_response_status serve(tlm::tlm_generic_payload& trans);
    tlm::tlm_response_status register_access(tlm::tlm_generic_payload& trans);
    tlm::tlm_response_status read_register(std::uint64_t address, std::uint32_t& value);
    tlm::tlm_response_status write_register(std::uint64_t address, std::uint32_t value);
    tlm::tlm_response_status command(std::uint32_t value);
    tlm::tlm_response_status write_input(tlm::tlm_generic_payload& trans);
    tlm::tlm_response_status read_logits(tlm::tlm_generic_payload& trans);
    TileRequest query();
    void reset_method();
    void rail_method();
    void clear_input();
    void done_method();
    void update_irq();
    void irq_method();

    const HostConfig cfg_;
    std::vector<std::uint8_t> input_;
    std::size_t input_used_ = 0; ///< bytes from the first to the last that were written
    std::uint32_t irq_status_ = 0;
    std::uint32_t irq_enable_ = 0;
    std::uint32_t batch_ = 1;
    sc_core::sc_event irq_ev_{"irq_ev"};
    std::int64_t accesses_ = 0;
    std::int64_t refusals_ = 0;
    bool irq_q_ = false;
};

} // namespace veilram
