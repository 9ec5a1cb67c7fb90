#include "hw/cycle/clocked_stage.hpp"

namespace veilram {

ClockedStage::ClockedStage(const sc_core::sc_module_name& name) : sc_module(name) {
    SC_METHOD(clock_method);
    sensitive << clk_i.pos() << rst_ni.neg();
    dont_initialize();
}

void ClockedStage::reset() {
    working_ = offering_ = false;
    busy_clocks_ = 0;
    ready_o.write(false);
    valid_o.write(false);
    item_o.write(0);
}

void ClockedStage::clock_method() {
    if (!rst_ni.read()) return reset();
    if (offering_ && ready_i.read()) offering_ = false;
    if (!working_ && valid_i.read() && ready_o.read()) {
        working_ = true;
        item_ = item_i.read();
        done_ = 0;
    }
    if (working_ && done_ < clocks) {
        if (step) step(item_, done_);
        ++busy_clocks_;
        if (++done_ == clocks && finish) finish(item_);
    }
    if (working_ && done_ == clocks && !offering_) {
        working_ = false;
        offering_ = true;
        item_o.write(item_);
        if (offer) offer(item_);
    }
    valid_o.write(offering_);
    ready_o.write(!working_);
}

ClockedSource::ClockedSource(const sc_core::sc_module_name& name) : sc_module(name) {
    SC_METHOD(clock_method);
    sensitive << clk_i.pos() << rst_ni.neg();
    dont_initialize();
}

void ClockedSource::clock_method() {
    if (!rst_ni.read()) {
        next_ = 0;
        offering_ = false;
        valid_o.write(false);
        return;
    }
    if (offering_ && ready_i.read()) offering_ = false;
    if (!offering_ && next_ < count) {
        offering_ = true;
        item_o.write(next_++);
    }
    valid_o.write(offering_);
}

} // namespace veilram
