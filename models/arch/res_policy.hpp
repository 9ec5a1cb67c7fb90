// When secrets are in clear (docs/model.md, section 10).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace veilram {

/// `per_layer` (the paper): in slice t only layer t. `prefetch`: also the layer after it, which is unlocked while this
/// one computes. `resident`: every layer, from boot to power-off.
enum class ResPolicy : std::uint8_t { per_layer, prefetch, resident };
std::string to_string(ResPolicy policy);
/// How many of a network's layers may be in clear, or on their way, at a time.
std::size_t open_layers(ResPolicy policy, std::size_t layers);

} // namespace veilram
