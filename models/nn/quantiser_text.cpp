#include "models/nn/quantiser_text.hpp"

#include "models/base/diagnostics.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace veilram {

std::string encode_quantisers(const std::vector<ActivationQuant>& quantisers) {
    std::string text;
    for (const ActivationQuant& quant : quantisers) {
        char item[64];
        std::snprintf(item, sizeof item, "%a:%d", static_cast<double>(quant.scale), quant.zero);
        text += (text.empty() ? "" : " ") + std::string(item);
    }
    return text;
}

std::vector<ActivationQuant> decode_quantisers(const std::string& text) {
    std::vector<ActivationQuant> quantisers;
    std::istringstream items(text);
    for (std::string item; items >> item;) {
        ActivationQuant quant;
        char* end = nullptr;
        quant.scale = std::strtof(item.c_str(), &end);
        const bool scale_ok = end != item.c_str() && *end == ':' && std::isfinite(quant.scale) && quant.scale > 0;
        const char* zero = scale_ok ? end + 1 : end;
        const long value = std::strtol(zero, &end, 10);
        if (!scale_ok || end == zero || *end != '\0' || value < 0 || value > 255)
            throw UserError(std::string("metadata ") + kQuantisersKey + ": '" + item +
                            "' is not scale:zero with a positive scale and a zero of 0..255");
        quant.zero = static_cast<int>(value);
        quantisers.push_back(quant);
    }
    return quantisers;
}

} // namespace veilram
