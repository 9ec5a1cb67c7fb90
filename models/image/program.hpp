// The public layer program: what the accelerator runs, without a single weight (docs/model.md, section 8, memory part
// of the image).
#pragma once

#include "models/image/input_format.hpp"
#include "models/mapping/mapper.hpp"
#include "models/nn/quantise.hpp"
#include "models/protect/secrets.hpp"
#include "models/protect/sign_mask.hpp"
#include "models/sc/crossbar_read.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

constexpr int kMaxVectors = 1024; ///< GSL vectors of a crossbar

/// Throws UserError naming the field when a crossbar of this size cannot be modelled: rows even, cols 256 (one stream
/// bit for each level), segment a divisor of cols.
void check_array(const ArrayGeometry& array);

/// One matrix layer on crossbars.
struct LayerProgram {
    LayerQuant quant;
    std::vector<CrossbarPlan> crossbars;
    std::uint32_t first_crossbar = 0; ///< of this layer, in the chip's numbering
};

struct Program {
    std::uint32_t format = 1;
    std::uint32_t version = 1;
    Graph graph; ///< topology and digital constants; weights and biases of matrix nodes are empty
    InputFormat input;
    ArrayGeometry array;
    MapScheme scheme = MapScheme::paper;
    int n = 8; ///< GSL vectors of a crossbar
    ConverterConfig converter;
    AdcConfig adc;
    SignConfig signs;
    std::vector<LayerProgram> layers; ///< one per matrix node, in order

    std::uint32_t crossbar_count() const;
    /// Slots of a crossbar that hold weights.
    int slots() const { return scheme == MapScheme::balanced ? n : 2 * n; }
    /// Whether lines hold signed weights, so that there are no sign bits: sign rows are random sources of streams, and
    /// a count c of level L stands for c - L / 2.
    bool signed_lines() const { return scheme == MapScheme::balanced; }
    /// Sums of products are in units of 1/unit() counts.
    int unit() const { return signed_lines() ? 2 : 1; }
};

/// JSON text, UTF-8 (docs/image_format.md). Equal programs give equal text; floats survive exactly. Throws UserError
/// when a constant of the network is not finite.
std::string encode(const Program& program);
/// Throws UserError, with the place, when the text is not a program of a known format or refers to what does not exist:
/// any text is safe.
Program decode_program(const std::string& text);

} // namespace veilram
