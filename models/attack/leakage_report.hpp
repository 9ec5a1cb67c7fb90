// How much the cells of a compiled network tell of its vectors, layer by layer.
#pragma once

#include "models/image/nvm.hpp"
#include "models/image/program.hpp"
#include "models/mapping/leakage.hpp"

#include <string>
#include <vector>

namespace veilram {

/// Means over crossbars, weighted by row pairs.
struct LeakageFigures {
    Leakage crossbars;          ///< each crossbar for itself
    Leakage pooled;             ///< all row pairs under the same vectors together: what a wider key scope gives away
    double worst_overlap = 0.0; ///< of a single crossbar with all its row pairs in use, less chance; 0 if there is none
};

struct LeakageReport {
    struct Layer {
        std::string name; ///< of the node
        LeakageFigures figures;
    };
    std::vector<Layer> layers;
    LeakageFigures total;
};

/// `secrets` are the owner's.
LeakageReport report_leakage(const Program& program, const NvmSource& nvm, const std::vector<LayerSecrets>& secrets);

} // namespace veilram
