#include "hw/cycle/verilated_twin.hpp"
#include "hw/gsl/gsl_pins.hpp"

#include "Vgsl_selector.h"

namespace veilram {

static void drive(const GslPins::In& in, Vgsl_selector& pins) {
    pins.zeroise_i = static_cast<CData>(in.zeroise);
    pins.vectors_i = static_cast<CData>(in.vectors);
    pins.load_valid_i = static_cast<CData>(in.load_valid);
    pins.load_index_i = static_cast<CData>(in.load_index);
    pins.load_vector_i = in.load_vector;
    pins.select_valid_i = static_cast<CData>(in.select_valid);
    pins.select_slot_i = static_cast<CData>(in.select_slot);
    pins.lines_ready_i = static_cast<CData>(in.lines_ready);
}

static void sample(const Vgsl_selector& pins, GslPins::Out& out) {
    out.load_ready = pins.load_ready_o;
    out.select_ready = pins.select_ready_o;
    out.lines_valid = pins.lines_valid_o;
    out.lines_refused = pins.lines_refused_o;
    out.even = pins.even_o;
    out.odd = pins.odd_o;
    out.loaded = pins.loaded_o;
}

template <> std::unique_ptr<Twin<GslPins>> make_twin(const std::string& name) {
    return std::make_unique<VerilatedTwin<GslPins, Vgsl_selector>>(name);
}

} // namespace veilram
