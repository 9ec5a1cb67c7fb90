// The pins of the unit that adjusts inputs and sums of a shared crossbar, and its model clock by clock (docs/cosim.md).
#pragma once

#include "hw/cycle/pins.hpp"

namespace veilram {

/// Signed values are two's complement, in as many bits as the pin has.
struct ClsAdjustPins {
    static constexpr unsigned kValueBits = 16, kDriveBits = 17, kSumBits = 24, kResultBits = 26;

    struct In {
        Word zeroise;      ///< forgets everything; what else arrives at the same edge is lost
        Word input_valid;  ///< an input comes in
        Word value;        ///< signed
        Word flip;         ///< the RFV's bit of its row
        Word drive_ready;  ///< what to drive is taken
        Word sums_valid;   ///< the sums of the metadata columns come in
        Word rfv_sum;      ///< R, signed: of the RFV's column
        Word rest_sum;     ///< N, signed: of its complement's
        Word column_valid; ///< the sum of a column comes in
        Word sum;          ///< O, signed
        Word column_flip;  ///< the CFV's bit of the column
        Word result_ready; ///< the result is taken
    };
    struct Out {
        Word input_ready;
        Word drive_valid;
        Word drive; ///< signed: the input, or its negative where the row is flipped
        Word sums_ready;
        Word column_ready; ///< only with sums
        Word result_valid;
        Word result; ///< signed: O - R, or N - O where the column is flipped
    };
    static const PinTable& table();
};

/// Inputs and columns go their own ways, each an item every second clock at most. Sums count until others come; a
/// column that arrives with them still belongs to those before.
class ClsAdjustCycle final : public BlockModel<ClsAdjustPins> {
public:
    ClsAdjustCycle() { reset(); }
    using BlockModel::clock;
    void reset() override;
    void clock(const In& in) override;

private:
    void clock_inputs(const In& in);
    void clock_columns(const In& in);
    void publish();

    bool driving_ = false, loaded_ = false, offering_ = false;
    std::int64_t drive_ = 0, rfv_sum_ = 0, rest_sum_ = 0, result_ = 0;
};

} // namespace veilram
