// Between the project's integers and the kernel's time.
#pragma once

#include "models/base/units.hpp"

#include <systemc>

namespace veilram {

/// The kernel's resolution is 1 ps. Call it in constructors and processes only, never for constants at namespace scope.
inline sc_core::sc_time to_sc_time(Ps time) { return {static_cast<double>(time.value), sc_core::SC_PS}; }
inline Ps to_ps(const sc_core::sc_time& time) { return Ps{static_cast<std::int64_t>(time.value())}; }

} // namespace veilram
