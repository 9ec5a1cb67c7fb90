// From a trained network to a protected image.
#pragma once

#include "models/image/keys.hpp"
#include "models/image/layer_store.hpp"
#include "models/image/storage.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace veilram {

struct CompileConfig {
    ArrayGeometry array;
    QuantConfig quant;
    MapConfig map;
    ConverterConfig converter;
    AdcConfig adc;
    SignConfig signs;
    KeyConfig keys;
    InputFormat input;
    std::uint64_t seed = 1;
};

/// The owner's view of a compiled network: the image and, beside it, everything that must not leave the owner.
struct Compiled {
    Image image;
    Program program;
    std::vector<LayerSecrets> secrets;
    StorageReport storage;
};

/// What stream-aware cells and re-estimated outputs are fitted to.
struct Calibration {
    Tensor images; ///< [N, C, H, W]
    /// Folded, of the same topology: the float network whose levels and outputs on the images are taken. No nodes: the
    /// one that is compiled. For a tuned network it is what the tuning started from, so that cells stay the same while
    /// scales and biases move.
    Graph network;

    Calibration() = default;
    Calibration(Tensor images_, Graph network_ = {}) : images(std::move(images_)), network(std::move(network_)) {}
};

/// Quantises, maps and seals a folded graph. `activations` come from calibrate(). Deterministic given the
/// configuration.
Compiled compile(const Graph& graph, const std::vector<ActivationQuant>& activations, const CompileConfig& config,
                 const Calibration& calibration = {});
/// The same layer by layer into `store`, which then holds the crossbars in place of the result's image; layers that it
/// holds already are not mapped again. Stream-aware cells and re-estimated outputs are fitted to `calibration`;
/// throws ModelError when there are no such images.
Compiled compile(const Graph& graph, const std::vector<ActivationQuant>& activations, const CompileConfig& config,
                 LayerStore& store, const Calibration& calibration = {});

/// Maps one layer with given secrets; signs are not masked yet.
std::vector<MappedCrossbar> map_layer(const QuantWeights& weights, const std::vector<CrossbarPlan>& plans,
                                      const CompileConfig& config, const LayerSecrets& secrets, std::size_t layer);

/// Seals the secrets as they are now into the image's memory part.
void seal_secrets(Compiled& compiled, const KeyConfig& keys);
/// Opens the sealed blobs as the device does. Throws UserError as open_blobs() does.
std::vector<LayerSecrets> open_secrets(const MemoryPart& memory, const Program& program, const Key256& root_key,
                                       std::uint32_t minimum_version);

} // namespace veilram
