// Watches valid and ready between two stages.
#pragma once

#include <systemc>

#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

/// Rules: no valid in reset; an item that is offered stays offered, and stays the same, until it is taken. Violations
/// are kept, not reported: whoever builds one looks at them.
class HandshakeChecker final : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clk_i{"clk_i"};
    sc_core::sc_in<bool> rst_ni{"rst_ni"};
    sc_core::sc_in<bool> valid_i{"valid_i"};
    sc_core::sc_in<bool> ready_i{"ready_i"};
    sc_core::sc_in<unsigned> item_i{"item_i"};

    SC_HAS_PROCESS(HandshakeChecker);
    explicit HandshakeChecker(const sc_core::sc_module_name& name) : sc_module(name) {
        SC_METHOD(clock_method);
        sensitive << clk_i.pos();
        dont_initialize();
        SC_METHOD(reset_method);
        sensitive << rst_ni.neg();
        dont_initialize();
    }

    const std::vector<std::string>& violations() const { return violations_; }
    std::int64_t transfers() const { return transfers_; }

private:
    void reset_method() { waiting_ = false; } // what was offered is gone, even if the clock stands still
    void clock_method() {
        if (!rst_ni.read()) {
            if (valid_i.read() && was_in_reset_) violations_.emplace_back("valid in reset");
            was_in_reset_ = true;
            waiting_ = false;
            return;
        }
        was_in_reset_ = false;
        if (waiting_ && !valid_i.read()) violations_.emplace_back("an item was withdrawn");
        if (waiting_ && valid_i.read() && item_i.read() != item_)
            violations_.emplace_back("an item changed while it waited");
        waiting_ = valid_i.read() && !ready_i.read();
        item_ = item_i.read();
        transfers_ += valid_i.read() && ready_i.read() ? 1 : 0;
    }

    bool was_in_reset_ = false; ///< also at the edge before: outputs follow an edge later
    bool waiting_ = false;
    unsigned item_ = 0;
    std::int64_t transfers_ = 0;
    std::vector<std::string> violations_;
};

} // namespace veilram
