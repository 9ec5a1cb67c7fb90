#include "hw/cls/cls_adjust_pins.hpp"

namespace veilram {

const PinTable& ClsAdjustPins::table() {
    static const PinTable kTable{"cls_adjust",
                                 {{"zeroise_i", 1, 0},
                                  {"input_valid_i", 1, 1},
                                  {"value_i", kValueBits, 2},
                                  {"flip_i", 1, 3},
                                  {"drive_ready_i", 1, 4},
                                  {"sums_valid_i", 1, 5},
                                  {"rfv_sum_i", kSumBits, 6},
                                  {"rest_sum_i", kSumBits, 7},
                                  {"column_valid_i", 1, 8},
                                  {"sum_i", kSumBits, 9},
                                  {"column_flip_i", 1, 10},
                                  {"result_ready_i", 1, 11}},
                                 {{"input_ready_o", 1, 0},
                                  {"drive_valid_o", 1, 1},
                                  {"drive_o", kDriveBits, 2},
                                  {"sums_ready_o", 1, 3},
                                  {"column_ready_o", 1, 4},
                                  {"result_valid_o", 1, 5},
                                  {"result_o", kResultBits, 6}},
                                 {{1, 0, {2, 3}}, {5, 3, {6, 7}}, {8, 4, {9, 10}}},
                                 {{1, 4, {2}}, {5, 11, {6}}},
                                 {0}};
    return kTable;
}

void ClsAdjustCycle::reset() {
    driving_ = loaded_ = offering_ = false;
    drive_ = rfv_sum_ = rest_sum_ = result_ = 0;
    publish();
}

void ClsAdjustCycle::clock(const In& in) {
    if (in.zeroise != 0) return reset();
    clock_inputs(in);
    clock_columns(in);
    publish();
}

void ClsAdjustCycle::clock_inputs(const In& in) {
    if (driving_ && in.drive_ready != 0) {
        driving_ = false;
        drive_ = 0;
    } else if (!driving_ && in.input_valid != 0) {
        const std::int64_t value = to_signed(in.value, ClsAdjustPins::kValueBits);
        drive_ = in.flip != 0 ? -value : value;
        driving_ = true;
    }
}

void ClsAdjustCycle::clock_columns(const In& in) {
    if (offering_) {
        if (in.result_ready == 0) return;
        offering_ = false;
        result_ = 0;
        return;
    }
    if (loaded_ && in.column_valid != 0) {
        const std::int64_t sum = to_signed(in.sum, ClsAdjustPins::kSumBits);
        result_ = in.column_flip != 0 ? rest_sum_ - sum : sum - rfv_sum_;
        offering_ = true;
    }
    if (in.sums_valid != 0) {
        rfv_sum_ = to_signed(in.rfv_sum, ClsAdjustPins::kSumBits);
        rest_sum_ = to_signed(in.rest_sum, ClsAdjustPins::kSumBits);
        loaded_ = true;
    }
}

void ClsAdjustCycle::publish() {
    out_ = {!driving_,
            driving_,
            from_signed(drive_, ClsAdjustPins::kDriveBits),
            !offering_,
            loaded_ && !offering_,
            offering_,
            from_signed(result_, ClsAdjustPins::kResultBits)};
}

} // namespace veilram
