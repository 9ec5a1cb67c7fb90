#include "models/sc/geometry.hpp"

#include "models/base/diagnostics.hpp"

#include <string>

namespace veilram {

GslVector complement(const GslVector& vector, int segments) {
    const auto bits = static_cast<std::size_t>(segments);
    if (vector.size() != words_for(bits))
        throw ModelError("GSL vector of " + std::to_string(vector.size()) + " words cannot hold " +
                         std::to_string(segments) + " segment bits");
    GslVector inverse(vector.size());
    for (std::size_t w = 0; w < vector.size(); ++w) inverse[w] = ~vector[w];
    const std::size_t tail = bits % kWordBits;
    if (tail != 0) inverse.back() &= (Word{1} << tail) - 1; // bits beyond the last segment stay zero
    return inverse;
}

GslVector GslVectors::of_slot(int slot, int segments) const {
    if (slot < 0 || slot >= slots())
        throw ModelError("slot " + std::to_string(slot) + " is not in 0.." + std::to_string(slots() - 1));
    if (slot < count()) return vectors[static_cast<std::size_t>(slot)];
    return complement(vectors[static_cast<std::size_t>(slot - count())], segments);
}

} // namespace veilram
