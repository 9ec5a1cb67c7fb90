// What the power manager asks for when the outside power goes and the chip lives on what its capacitor holds.
#pragma once

#include "models/base/units.hpp"

namespace veilram {

/// Lock everything at once. Time is the delay of the call.
struct EmergencyRequest {
    Fj energy; ///< answer: of the pulses that it takes
};

} // namespace veilram
