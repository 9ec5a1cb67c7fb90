// One stage of a clocked pipeline, with valid and ready on both sides.
#pragma once

#include <systemc>

#include <cstdint>
#include <functional>

namespace veilram {

/// Takes an item when valid_i and ready_o are high at a rising edge, works on it for some clocks, and offers it at
/// valid_o until ready_i is high at an edge. One item may wait at the output while the next one is worked on.
class ClockedStage final : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clk_i{"clk_i"};
    sc_core::sc_in<bool> rst_ni{"rst_ni"}; ///< active low, asynchronous
    sc_core::sc_in<bool> valid_i{"valid_i"};
    sc_core::sc_out<bool> ready_o{"ready_o"};
    sc_core::sc_in<unsigned> item_i{"item_i"};
    sc_core::sc_out<bool> valid_o{"valid_o"};
    sc_core::sc_in<bool> ready_i{"ready_i"};
    sc_core::sc_out<unsigned> item_o{"item_o"};

    /// Set before the first item. `step` is called in every clock of an item, from 0; `finish` in its last one, `offer`
    /// when it appears at valid_o.
    int clocks = 1;
    std::function<void(unsigned item, int clock)> step;
    std::function<void(unsigned item)> finish, offer;

    SC_HAS_PROCESS(ClockedStage);
    explicit ClockedStage(const sc_core::sc_module_name& name);

    /// Clocks in which it worked since the last reset.
    std::int64_t busy_clocks() const { return busy_clocks_; }

private:
    void clock_method();
    void reset();

    bool working_ = false;
    bool offering_ = false;
    unsigned item_ = 0;
    int done_ = 0; ///< clocks of the item
    std::int64_t busy_clocks_ = 0;
};

/// Offers the items 0..count-1, one after another.
class ClockedSource final : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clk_i{"clk_i"};
    sc_core::sc_in<bool> rst_ni{"rst_ni"};
    sc_core::sc_out<bool> valid_o{"valid_o"};
    sc_core::sc_in<bool> ready_i{"ready_i"};
    sc_core::sc_out<unsigned> item_o{"item_o"};

    unsigned count = 0; ///< set while in reset

    SC_HAS_PROCESS(ClockedSource);
    explicit ClockedSource(const sc_core::sc_module_name& name);

private:
    void clock_method();

    unsigned next_ = 0;
    bool offering_ = false;
};

} // namespace veilram
