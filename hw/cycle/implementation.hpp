// What a block of the chip is made of.
#pragma once

namespace veilram {

/// A module that looks at transactions only, or a model behind pins, in C++ or in SystemVerilog.
enum class Implementation { systemc, cycle, rtl };

} // namespace veilram
