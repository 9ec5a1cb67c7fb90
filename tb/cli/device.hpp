// The compiled network: made here or read from an image.
#pragma once

#include "models/attack/pirate.hpp"
#include "models/image/compile.hpp"
#include "tb/cli/run_config.hpp"
#include "tb/cli/workload.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace veilram {

/// A compiled network on its chip, and what its owner knows of it.
struct Device {
    std::shared_ptr<const NvmSource> nvm;
    MemoryPart memory;
    Program program;
    std::vector<LayerSecrets> secrets;
    StorageReport storage;
};

Device device_of(Compiled compiled);
/// Compiles into memory, with these signs flipped at rest.
Device compile_device(const QuantisedNetwork& network, const RunConfig& config, const std::optional<SfgeKey>& flips);
/// Opens an image with the owner's root key, as a device would; its crossbars stay in the file until they are needed.
/// Throws UserError when it is damaged or sealed under another key.
Device open_image(const std::string& path, const KeyConfig& keys);

/// Puts into `config` what an opened image says of itself: crossbars, vectors, converters, signs, input format, and how
/// far its keys reach.
void describe_device(const Device& device, CompileConfig& config);

/// Accuracy of the thief's devices, made of the cells in `dump`, on the first `config.pirate.images` of `data`.
std::map<PirateVariant, PirateResult> run_pirates(const Device& device, const NvmSource& dump, const RunConfig& config,
                                                  const Dataset& data);

/// The variant that a thief of a device with these signs really is.
PirateVariant real_thief(const Program& program);

} // namespace veilram
