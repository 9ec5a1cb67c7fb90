// What the cells tell of the vectors without any key (docs/model.md, section 5).
//
// A dump shows, for every row pair and segment column, by how much the ones of the two segments differ: d_j = S_j -
// S_(j+64). A mapping that chases its targets puts more of d into the span of the secret vectors than chance would, and
// principal components find that span.
#pragma once

#include "models/sc/geometry.hpp"

#include <vector>

namespace veilram {

struct Leakage {
    double overlap = 0.0;      ///< share of the leading principal components of d that lies in the span of the vectors
    double chance = 0.0;       ///< what it would be for cells that know nothing of them: dimensions over segments
    double energy_ratio = 0.0; ///< energy of d along the vectors, over that along any: 1 for such cells
    int row_pairs = 0;
};

/// Second moments of d over row pairs that share their vectors. No mean is taken off: it tells of the vectors too.
class LeakageMeter {
public:
    explicit LeakageMeter(const ArrayGeometry& array);
    /// The first `pairs` row pairs of a crossbar.
    void add(const BitMatrix& cells, int pairs);
    /// Against the vectors that the row pairs were mapped with. As many leading components as the vectors have
    /// dimensions, or as there are row pairs if those are fewer.
    Leakage against(const GslVectors& vectors) const;

private:
    ArrayGeometry array_;
    std::vector<double> moments_; ///< [segments][segments]
    int row_pairs_ = 0;
};

} // namespace veilram
