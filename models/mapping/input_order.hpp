// Which inputs share a crossbar, and which a vector: free and public, and what bit-line sharing can do depends on it.
#pragma once

#include "models/mapping/mapper.hpp"

#include <vector>

namespace veilram {

/// Exchanges inputs between the slots of full crossbars that hold the same outputs, such that within a crossbar the
/// sums of the two magnitudes of each slot pair differ as little as possible: lines i and n+i have the same sum for
/// every i, so these differences are what no cells can realise (pairing_bound()). Descent over random exchanges;
/// deterministic. Balanced crossbars, none of whose lines are tied, stay as they are.
void match_inputs(const QuantWeights& weights, std::vector<CrossbarPlan>& plans, Rng& rng);

} // namespace veilram
