// The DRAM interface: the chip's way to its external memory.
#pragma once

#include "hw/dram/dram_config.hpp"
#include "hw/sim/busy_line.hpp"
#include "hw/sim/event_meter.hpp"
#include "hw/sim/services.hpp"

#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>

namespace veilram {

enum class DramEvent : std::uint8_t { access, burst };

/// Passes accesses on to `memory_isock` and charges time and energy. One access at a time: a second one waits until the
/// first is over (an approximation of arbitration under loose timing).
class DramInterface final : public sc_core::sc_module, public StatProvider, public Traceable {
public:
    static constexpr unsigned kClients = 2; ///< tile controller, crypto engine

    sc_core::sc_vector<tlm_utils::simple_target_socket<DramInterface>> tsock{"tsock"};
    tlm_utils::simple_initiator_socket<DramInterface> memory_isock{"memory_isock"};
    sc_core::sc_in<bool> rail_i{"rail_i"};

    DramInterface(const sc_core::sc_module_name& name, const DramConfig& cfg);
    ~DramInterface() override;

    void collect(StatGroup& out) const override { meter_.collect(out); }
    Fj energy() const override { return meter_.energy(); }
    void add_traces(TraceFile& file) const override;

private:
    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);

    const DramConfig cfg_;
    EventMeter<DramEvent, 2> meter_;
    BusyLine busy_{"busy"};
};

} // namespace veilram
