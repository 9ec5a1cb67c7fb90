// What a dump of a powered-off chip's cells shows beside what is there at rest.
#pragma once

#include "models/image/nvm.hpp"
#include "models/image/program.hpp"
#include "models/protect/secrets.hpp"

#include <cstddef>
#include <vector>

namespace veilram {

struct RestComparison {
    std::vector<std::size_t> layers_in_clear; ///< layers with a sign that is not as at rest
    std::int64_t signs_in_clear = 0;
    bool more = false; ///< cells differ that no layer's secrets name

    bool at_rest() const { return layers_in_clear.empty() && !more; }
};

/// `secrets` tell which layer a sign cell belongs to.
RestComparison compare_with_rest(const NvmPart& dump, const NvmPart& rest, const Program& program,
                                 const std::vector<LayerSecrets>& secrets);

} // namespace veilram
