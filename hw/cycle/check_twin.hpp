// What a module does about RTL that is wrong.
#pragma once

#include "hw/cycle/lockstep.hpp"

#include <systemc>

namespace veilram {

/// Ends the run with the mismatch, where there is one. Call it after whatever moved the pins of `owner`'s block.
void check_twin(const sc_core::sc_object& owner, const Mismatch* mismatch);

} // namespace veilram
