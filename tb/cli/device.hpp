// The compiled network: made here or read from an image.
#pragma once

#include "models/attack/pirate.hpp"
#include "models/image/compile.hpp"
#include "tb/cli/run_config.hpp"
#include "tb/cli/workload.hpp"

#include <map>
#include <string>

namespace veilram {

/// Opens an image with the owner's root key, as a device would. Throws UserError when it is damaged or sealed under
/// another key.
Compiled open_image(const std::string& path, const KeyConfig& keys);

/// Puts into `config` what an opened image says of itself: crossbars, vectors, converters, signs, input format, and how
/// far its keys reach.
void describe_device(const Compiled& device, CompileConfig& config);

/// Accuracy of the thief's devices, made of the cells in `dump`, on the first `config.pirate.images` of `data`.
std::map<PirateVariant, PirateResult> run_pirates(const Compiled& device, const NvmPart& dump, const RunConfig& config,
                                                  const Dataset& data);

/// The variant that a thief of a device with these signs really is.
PirateVariant real_thief(SignMode signs);

} // namespace veilram
