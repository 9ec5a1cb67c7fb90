// A flag that a block raises for the duration of its work: what a waveform shows of a loosely timed block.
#pragma once

#include <systemc>

namespace veilram {

/// High from hold() until its time is over; overlapping holds merge.
class BusyLine final : public sc_core::sc_module {
public:
    SC_HAS_PROCESS(BusyLine);
    explicit BusyLine(const sc_core::sc_module_name& name) : sc_module(name) {
        SC_METHOD(end_method);
        sensitive << end_ev_;
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
    /// Falls at once, as when the power goes.
    void drop() {
        end_ev_.cancel();
        busy_ = false;
    }
    const bool& value() const { return busy_; }

private:
    void end_method() { busy_ = false; }

    sc_core::sc_event end_ev_{"end_ev"};
    sc_core::sc_time end_ = sc_core::SC_ZERO_TIME;
    bool busy_ = false;
};

} // namespace veilram
