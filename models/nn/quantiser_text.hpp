// Input quantisers as text, for the metadata of an ONNX file.
#pragma once

#include "models/nn/graph.hpp"

#include <string>
#include <vector>

namespace veilram {

/// Key of the metadata entry.
constexpr const char* kQuantisersKey = "veilram.input_quantisers";

/// "scale:zero:step" per matrix layer, separated by blanks; scales in hexadecimal, so that they survive exactly.
std::string encode_quantisers(const std::vector<ActivationQuant>& quantisers);
/// Throws UserError when the text is malformed.
std::vector<ActivationQuant> decode_quantisers(const std::string& text);

} // namespace veilram
