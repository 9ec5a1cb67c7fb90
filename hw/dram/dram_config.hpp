// Parameters of the memory path.
#pragma once

#include "models/base/units.hpp"

#include <cstdint>

namespace veilram {

struct DramConfig {
    Cost access; ///< latency of one burst and what it takes besides its bytes (activate, precharge)
    Cost burst;  ///< transfer of one burst of `burst_bytes`
    std::uint32_t burst_bytes = 64;
};

} // namespace veilram
