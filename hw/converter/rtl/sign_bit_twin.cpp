#include "hw/converter/sign_bit_pins.hpp"
#include "hw/cycle/verilated_twin.hpp"

#include "Vsign_bit_converter.h"

namespace veilram {

static void drive(const SignBitPins::In& in, Vsign_bit_converter& pins) {
    pins.zeroise_i = static_cast<CData>(in.zeroise);
    pins.request_valid_i = static_cast<CData>(in.request_valid);
    to_pins(in.source, pins.source_i);
    pins.start_i = static_cast<CData>(in.start);
    pins.level_i = static_cast<CData>(in.level);
    pins.stream_ready_i = static_cast<CData>(in.stream_ready);
}

static void sample(const Vsign_bit_converter& pins, SignBitPins::Out& out) {
    out.request_ready = pins.request_ready_o;
    out.stream_valid = pins.stream_valid_o;
    out.stream = from_pins(pins.stream_o);
}

template <> std::unique_ptr<Twin<SignBitPins>> make_twin(const std::string& name) {
    return std::make_unique<VerilatedTwin<SignBitPins, Vsign_bit_converter>>(name);
}

} // namespace veilram
