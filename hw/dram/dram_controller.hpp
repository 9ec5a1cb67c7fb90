// The memory controller and the DRAM behind it: timing and energy of every access to the external memory.
#pragma once

#include "hw/dram/dram_channel.hpp"
#include "hw/sim/services.hpp"

#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <map>

namespace veilram {

/// Base-protocol target in front of a memory that holds the contents. Any other DRAM simulator with such sockets can
/// take its place (docs/dram.md). An access is cut into bursts; it is over when the last beat of its last burst is
/// there, or, a write, when its last burst is in the queue. Accesses take effect in the order in which they are
/// accepted.
///
/// Approximately timed (nb_transport_fw, four phases): accesses overlap, one burst is taken each clock cycle. The
/// reference. Loosely timed (b_transport): the same channel is run ahead until the access is over, so accesses of one
/// initiator follow one another, and one that comes before the channel's time waits for it.
class DramController final : public sc_core::sc_module, public StatProvider {
public:
    tlm_utils::simple_target_socket<DramController> tsock{"tsock"};
    tlm_utils::simple_initiator_socket<DramController> memory_isock{"memory_isock"};

    SC_HAS_PROCESS(DramController);
    DramController(const sc_core::sc_module_name& name, const DramSpec& spec);
    ~DramController() override;

    void collect(StatGroup& out) const override;
    Fj energy() const override;

private:
    /// One access; its bursts carry its number.
    struct Access {
        tlm::tlm_generic_payload* trans = nullptr; ///< null: loosely timed
        std::uint64_t first = 0;                   ///< address of the first burst
        std::uint32_t bursts = 0, pushed = 0, open = 0;
        bool write = false;
        bool performed = false; ///< by the memory
        bool accepted = false;
        std::int64_t end = 0; ///< cycle
    };

    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& trans, tlm::tlm_phase& phase, sc_core::sc_time& delay);
    unsigned transport_dbg(tlm::tlm_generic_payload& trans) { return memory_isock->transport_dbg(trans); }
    void cycle_method();
    void response_method();

    Access access_of(const tlm::tlm_generic_payload& trans) const;
    std::uint64_t take(const Access& access);
    bool push_burst(std::uint64_t id);
    void burst_done(std::uint64_t id, std::int64_t cycle);
    void accept_front();
    void respond_if_over(std::uint64_t id);
    void end_response(const sc_core::sc_time& delay);
    void end_method();
    std::int64_t cycle_of(const sc_core::sc_time& time) const;
    sc_core::sc_time time_of(std::int64_t cycle) const { return clock_ * static_cast<double>(cycle); }

    const DramSpec spec_;
    const sc_core::sc_time clock_;
    DramChannel channel_;
    std::map<std::uint64_t, Access> accesses_; ///< by number
    std::uint64_t next_ = 0;
    std::multimap<sc_core::sc_time, std::uint64_t> arrivals_; ///< not accepted yet, by time
    std::multimap<sc_core::sc_time, tlm::tlm_generic_payload*> responses_;
    tlm::tlm_generic_payload* responding_ = nullptr; ///< between BEGIN_RESP and END_RESP
    sc_core::sc_event cycle_ev_{"cycle_ev"}, response_ev_{"response_ev"}, end_ev_{"end_ev"};
};

} // namespace veilram
