#include "Vres_fsm.h"
#include "hw/cycle/verilated_twin.hpp"
#include "hw/res/res_pins.hpp"

namespace veilram {

static void drive(const ResPins::In& in, Vres_fsm& pins) {
    pins.emergency_i = static_cast<CData>(in.emergency);
    pins.open_limit_i = static_cast<CData>(in.open_limit);
    pins.command_valid_i = static_cast<CData>(in.command_valid);
    pins.command_i = static_cast<CData>(in.command);
    pins.layer_i = static_cast<CData>(in.layer);
    pins.layers_i = static_cast<CData>(in.layers);
    pins.cause_i = static_cast<CData>(in.cause);
    pins.answer_ready_i = static_cast<CData>(in.answer_ready);
}

static void sample(const Vres_fsm& pins, ResPins::Out& out) {
    out.command_ready = pins.command_ready_o;
    out.answer_valid = pins.answer_valid_o;
    out.legal = pins.legal_o;
    out.state = pins.state_o;
    out.fault = pins.fault_o;
    out.layers = pins.layers_o;
    out.blobs = pins.blobs_o;
    out.open = pins.open_o;
    out.layer_states = from_pins(pins.layer_states_o);
}

template <> std::unique_ptr<Twin<ResPins>> make_twin(const std::string& name) {
    return std::make_unique<VerilatedTwin<ResPins, Vres_fsm>>(name);
}

} // namespace veilram
