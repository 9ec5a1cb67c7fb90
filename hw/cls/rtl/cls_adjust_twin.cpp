#include "Vcls_adjust.h"
#include "hw/cls/cls_adjust_pins.hpp"
#include "hw/cycle/verilated_twin.hpp"

namespace veilram {

static void drive(const ClsAdjustPins::In& in, Vcls_adjust& pins) {
    pins.zeroise_i = static_cast<CData>(in.zeroise);
    pins.input_valid_i = static_cast<CData>(in.input_valid);
    pins.value_i = static_cast<SData>(in.value);
    pins.flip_i = static_cast<CData>(in.flip);
    pins.drive_ready_i = static_cast<CData>(in.drive_ready);
    pins.sums_valid_i = static_cast<CData>(in.sums_valid);
    pins.rfv_sum_i = static_cast<IData>(in.rfv_sum);
    pins.rest_sum_i = static_cast<IData>(in.rest_sum);
    pins.column_valid_i = static_cast<CData>(in.column_valid);
    pins.sum_i = static_cast<IData>(in.sum);
    pins.column_flip_i = static_cast<CData>(in.column_flip);
    pins.result_ready_i = static_cast<CData>(in.result_ready);
}

static void sample(const Vcls_adjust& pins, ClsAdjustPins::Out& out) {
    out.input_ready = pins.input_ready_o;
    out.drive_valid = pins.drive_valid_o;
    out.drive = pins.drive_o;
    out.sums_ready = pins.sums_ready_o;
    out.column_ready = pins.column_ready_o;
    out.result_valid = pins.result_valid_o;
    out.result = pins.result_o;
}

template <> std::unique_ptr<Twin<ClsAdjustPins>> make_twin(const std::string& name) {
    return std::make_unique<VerilatedTwin<ClsAdjustPins, Vcls_adjust>>(name);
}

} // namespace veilram
