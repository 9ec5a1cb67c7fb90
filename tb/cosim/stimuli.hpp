// What random drivers have to know of each block to get anywhere.
#pragma once

#include "tb/cosim/pin_driver.hpp"

namespace veilram {

/// n changes seldom, so that registers fill up; it may be a number that no chip has. Slots are mostly known ones.
Stimulus gsl_stimulus();
/// Levels at both ends and around the ones of the source; starts at both ends.
Stimulus sign_bit_stimulus();
/// Levels and seeds at both ends.
Stimulus lfsr_stimulus();
/// Values and sums at both ends and around zero.
Stimulus cls_adjust_stimulus();
/// Commands that mostly lead on from where the machine is.
Stimulus res_stimulus();

} // namespace veilram
