// What a compiled network takes: cells, key bits, bytes (docs/model.md, section 11; paper section IV).
#pragma once

#include "models/image/image.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

/// Figures of some crossbars.
struct Storage {
    std::int64_t weights = 0;
    std::int64_t crossbars = 0;
    std::int64_t cells = 0;      ///< of the compute crossbars
    std::int64_t sign_cells = 0; ///< of the sign crossbar
    std::int64_t places = 0;     ///< weights that the crossbars could hold: slots times row pairs
    std::int64_t key_bits = 0;   ///< distinct secret bits: GSL vectors, start positions, mask keys, flipped signs
    std::int64_t mask_bits = 0;  ///< those of the mask keys among them
    std::int64_t flip_bits = 0;  ///< those that number the flipped signs among them
    std::int64_t sealed_bytes = 0;
    /// Sum of |line - target| over the weights, in counts, where the targets are known.
    std::int64_t absolute_error = 0;

    double utilisation() const; ///< weights over places
    /// Compute and sign cells over those of unprotected 8-bit weights in cells of `bits` bits.
    double ratio_to_plain(int bits) const;
    double mean_abs_error() const; ///< per weight, in counts
    Storage& operator+=(const Storage& other);
};

struct LayerStorage {
    std::string name; ///< of the node
    Storage storage;
};

struct StorageReport {
    std::vector<LayerStorage> layers;
    Storage total;
    std::int64_t program_bytes = 0;
};

/// Of an image with keys of this scope; errors stay 0. What a network-wide scope shares is counted with the first
/// layer.
StorageReport report_storage(const Program& program, const MemoryPart& memory, KeyScope scope);
/// Adds what flipped signs take: as many bits each as number the layer's weights. Their blobs are those of `memory`.
void note_flips(StorageReport& report, const std::vector<LayerSecrets>& secrets, const MemoryPart& memory);

} // namespace veilram
