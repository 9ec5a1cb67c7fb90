// The power manager: turns the outside's power_good into the chip's rail.
#pragma once

#include "hw/power/emergency.hpp"
#include "hw/power/remanence.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"
#include "models/base/units.hpp"

#include <systemc>

namespace veilram {

struct PowerConfig {
    Ps ramp;         ///< from power_good to a stable rail
    Fj hold_up;      ///< what is stored for cell writes after power_good has fallen; 0: the rail falls at once
    Ps ride_through; ///< dips of power_good that are shorter do not reach the rail
    Ps remanence;    ///< for which volatile memories keep their content without the rail
};

/// Asks for the rail to fall, at the end of an orderly power-off.
struct PowerOffRequest {};

/// The rail rises `ramp` after power_good. When power_good falls for longer than a brown-out that is ridden through (a
/// power cut) the scheduler gets as far with locking everything as the stored energy goes, and then the rail falls,
/// whatever comes meanwhile; it falls on request, too, and rises again only with the next power_good. It is down as
/// long as the chip is held in reset: what reset must clear is what the rail keeps alive.
class PowerManager final : public sc_core::sc_module, public Traceable {
public:
    sc_core::sc_in<bool> power_good_i{"power_good_i"};
    sc_core::sc_in<bool> rst_ni{"rst_ni"}; ///< reset, active low, asynchronous
    sc_core::sc_out<bool> rail_o{"rail_o"};
    RequestTarget<PowerManager, PowerOffRequest> tsock{"tsock"};
    RequestInitiator<PowerManager, EmergencyRequest> emergency_isock{"emergency_isock"}; ///< to the scheduler
    /// Memories that lose their content `remanence` after the rail has fallen, in a reset at once.
    sc_core::sc_port<RemanentMemory, 0, sc_core::SC_ZERO_OR_MORE_BOUND> memory_port{"memory_port"};

    SC_HAS_PROCESS(PowerManager);
    PowerManager(const sc_core::sc_module_name& name, const PowerConfig& cfg);
    ~PowerManager() override;

    /// What has been in the memories since the rail fell.
    RemanentBits remanent() const;

    void add_traces(TraceFile& file) const override;

private:
    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void input_method();
    void rise();
    void fall();
    void dip_method();
    sc_core::sc_time hold_up();
    void rail_method();
    void fallen_method();
    void decay_method();
    bool is_supplied() const;

    const PowerConfig cfg_;
    sc_core::sc_event rail_ev_{"rail_ev"};
    sc_core::sc_event dip_ev_{"dip_ev"};
    sc_core::sc_event decay_ev_{"decay_ev"};
    sc_core::sc_time up_from_ = sc_core::sc_max_time();
    sc_core::sc_time up_until_ = sc_core::SC_ZERO_TIME;
    sc_core::sc_time hold_until_ = sc_core::SC_ZERO_TIME; ///< what is stored lasts until then
    bool dips_ = false;                                   ///< power_good is down, and the rail does not know yet
    sc_core::sc_time dip_until_ = sc_core::SC_ZERO_TIME;  ///< what the rail rides through ends then
    bool rail_q_ = false;
};

} // namespace veilram
