// A flag that a block raises for the duration of its work: what a waveform shows of a loosely timed block.
#pragma once

#include <systemc>

#include <algorithm>

namespace veilram {

/// High from hold() until its time is over; overlapping holds merge. Falls with the rail.
class BusyLine final : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> rail_i{"rail_i"};

    SC_HAS_PROCESS(BusyLine);
    explicit BusyLine(const sc_core::sc_module_name& name) : sc_module(name) {
        SC_METHOD(end_method);
        sensitive << end_ev_;
        dont_initialize();
        SC_METHOD(rail_method);
        sensitive << rail_i.neg();
        dont_initialize();
    }

    /// Busy from now until now + duration.
    void hold(const sc_core::sc_time& duration) {
        const auto end = sc_core::sc_time_stamp() + duration;
        if (duration == sc_core::SC_ZERO_TIME || (busy_ && end <= end_)) return;
        busy_ = true;
        end_ = end;
        end_ev_.cancel();
        end_ev_.notify(duration);
    }
    const bool& value() const { return busy_; }
    /// When the work taken on so far ends, or ended; work that the power cut short ended with it.
    const sc_core::sc_time& until() const { return end_; }

private:
    void end_method() { busy_ = sc_core::sc_time_stamp() < end_; } // a hold from this very instant goes on
    void rail_method() {
        end_ev_.cancel();
        end_ = std::min(end_, sc_core::sc_time_stamp());
        busy_ = false;
    }

    sc_core::sc_event end_ev_{"end_ev"};
    sc_core::sc_time end_ = sc_core::SC_ZERO_TIME;
    bool busy_ = false;
};

} // namespace veilram
