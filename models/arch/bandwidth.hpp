// What the external memory would have to deliver, beside what it can.
#pragma once

#include "models/base/units.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

/// Of one phase of a chip's life.
struct MemoryTraffic {
    std::string phase;
    std::int64_t bytes = 0;
    Ps others; ///< time that the phase takes besides its memory accesses

    /// Bytes a second for which nobody would have to wait.
    double needed() const;
};

/// Phases that need more than the memory's peak, one sentence each: their memory accesses take longer than all that
/// could go on meanwhile.
std::vector<std::string> implausible(const std::vector<MemoryTraffic>& phases, double peak);

} // namespace veilram
