// What the runtime encryption scheduler's commands may do, written down apart from the machine itself.
#pragma once

#include "hw/res/res_pins.hpp"

#include <set>
#include <tuple>

namespace veilram {

/// Where it was, what came, where that led. Every other command is refused and leads to FAULT.
using ResTransition = std::tuple<ResState, ResCommand, ResState>;
const std::set<ResTransition>& res_transitions();

} // namespace veilram
