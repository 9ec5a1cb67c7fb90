// The public program of a network on plain cells, one level a weight (docs/image_format.md, section 5).
#pragma once

#include "models/image/input_format.hpp"
#include "models/nn/quantise.hpp"
#include "models/protect/seal.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

/// Of its text: another number than that of Program, whose images have crossbars.
constexpr std::uint32_t kLevelFormat = 2;

struct LevelProgram {
    std::uint32_t version = 1;
    bool encrypted = false; ///< some cells are wrong, and sealed blobs say which
    Graph graph;            ///< topology and digital constants; weights and biases of matrix nodes are empty
    InputFormat input;
    std::vector<LayerQuant> layers; ///< one per matrix node
    std::vector<Digest> cells;      ///< of each layer's cells as they are: under the seals, for the program is
};

/// JSON text, UTF-8. Equal programs give equal text; floats survive exactly. Throws UserError when a constant of the
/// network is not finite.
std::string encode(const LevelProgram& program);
/// Throws UserError, with the place, when the text is not such a program: any text is safe.
LevelProgram decode_level_program(const std::string& text);

} // namespace veilram
