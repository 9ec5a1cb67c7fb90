// The two architectures: stochastic computing on 1T4R crossbars behind secret vectors, and ISAAC.
#pragma once

#include "models/arch/chip_costs.hpp"
#include "models/arch/estimate.hpp"
#include "models/arch/sharing.hpp"
#include "models/isaac/isaac_config.hpp"
#include "models/sc/geometry.hpp"
#include "models/sc/streams.hpp"

#include <vector>

namespace veilram {

struct ScMachine {
    ArrayGeometry array;
    int n = 8; ///< GSL vectors: 2n inputs a crossbar
    ConverterKind converter = ConverterKind::sign_bit;
    ChipCosts costs;
    Nw surroundings; ///< of one crossbar, while its layer computes: what the costs leave out
    Sharing sharing;
};
/// Of one position through one crossbar: sign row, conversion, array read, ADCs, accumulation, double-buffered.
std::vector<Stage> stages_of(const ScMachine& machine, int pairs);
/// All crossbars of a layer work in step: a position is in one stage with all of them.
LayerEstimate estimate(const LayerWork& work, const ScMachine& machine);
LayerEstimate estimate(const LayerWork& work, const IsaacConfig& machine);

/// What registers, eDRAM, bus, router and digital units of a tile draw for one of its arrays.
Nw surroundings(const IsaacConfig& config);

template <class Machine> NetworkEstimate estimate(const std::vector<LayerWork>& layers, const Machine& machine) {
    NetworkEstimate network;
    for (const LayerWork& work : layers) network.layers.push_back(estimate(work, machine));
    return network;
}

} // namespace veilram
