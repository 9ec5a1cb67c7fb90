#include "Vlfsr_converter.h"
#include "hw/converter/lfsr_pins.hpp"
#include "hw/cycle/verilated_twin.hpp"

namespace veilram {

static void drive(const LfsrPins::In& in, Vlfsr_converter& pins) {
    pins.zeroise_i = static_cast<CData>(in.zeroise);
    pins.request_valid_i = static_cast<CData>(in.request_valid);
    pins.level_i = static_cast<CData>(in.level);
    pins.seed_i = static_cast<CData>(in.seed);
    pins.bit_ready_i = static_cast<CData>(in.bit_ready);
}

static void sample(const Vlfsr_converter& pins, LfsrPins::Out& out) {
    out.request_ready = pins.request_ready_o;
    out.bit_valid = pins.bit_valid_o;
    out.bit = pins.bit_o;
    out.last = pins.last_o;
}

template <> std::unique_ptr<Twin<LfsrPins>> make_twin(const std::string& name) {
    return std::make_unique<VerilatedTwin<LfsrPins, Vlfsr_converter>>(name);
}

} // namespace veilram
