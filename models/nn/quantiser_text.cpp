#include "models/nn/quantiser_text.hpp"

#include "models/base/diagnostics.hpp"
#include "models/nn/quantise.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace veilram {

std::string encode_quantisers(const std::vector<ActivationQuant>& quantisers) {
    std::string text;
    for (const ActivationQuant& quant : quantisers) {
        char item[64];
        std::snprintf(item, sizeof item, "%a:%d:%d", static_cast<double>(quant.scale), quant.zero, quant.step);
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
        const auto read_level = [&](int& value, long least) { // after a colon
            if (!scale_ok || *end != ':') return false;
            const char* digits = end + 1;
            const long read = std::strtol(digits, &end, 10);
            value = static_cast<int>(read);
            return end != digits && read >= least && read <= kMaxLevel;
        };
        const bool zero_ok = read_level(quant.zero, 0);
        const bool step_ok = zero_ok && (*end == '\0' || read_level(quant.step, 1)); // older files have no step
        if (!step_ok || *end != '\0' || quant.zero % quant.step != 0)
            throw UserError(std::string("metadata ") + kQuantisersKey + ": '" + item +
                            "' is not scale:zero:step with a positive scale, a step of 1..255 and a zero that is a "
                            "multiple of it and at most 255");
        quantisers.push_back(quant);
    }
    return quantisers;
}

} // namespace veilram
