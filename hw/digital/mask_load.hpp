// Secrets of the digital unit, on their way from the scheduler.
#pragma once

#include "models/protect/secrets.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace veilram {

/// Loads the sign-mask key and the zero-point sums of a layer, or zeroises them (`mask_key` == nullptr): with those of
/// all layers the activation buffer too.
struct MaskLoad {
    const Key128* mask_key = nullptr;
    const std::vector<std::int32_t>* weight_sums = nullptr;
    std::optional<std::uint32_t> layer; ///< none: zeroise them all
};

} // namespace veilram
