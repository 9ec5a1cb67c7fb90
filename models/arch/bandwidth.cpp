#include "models/arch/bandwidth.hpp"

#include <algorithm>
#include <sstream>

namespace veilram {

double MemoryTraffic::needed() const {
    if (bytes == 0) return 0.0;
    return static_cast<double>(bytes) / std::max(seconds(others), 1e-12);
}

std::vector<std::string> implausible(const std::vector<MemoryTraffic>& phases, double peak) {
    std::vector<std::string> warnings;
    for (const MemoryTraffic& phase : phases) {
        if (phase.needed() <= peak) continue;
        std::ostringstream text;
        text.precision(3);
        text << phase.phase << ": " << phase.bytes << " bytes need " << phase.needed() / 1e9
             << " GB/s of the memory for nobody to wait, and its peak is " << peak / 1e9
             << ": the memory sets the pace; look at its kind, or at what is fetched";
        warnings.push_back(text.str());
    }
    return warnings;
}

} // namespace veilram
