// What each kind of block of the platform has cost between two moments.
#pragma once

#include "models/base/stats.hpp"
#include "models/base/units.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace veilram {

/// Blocks of one kind, such as all crossbars.
struct ModuleCost {
    std::int64_t instances = 0;
    Fj energy;
    Ps busy; ///< own work, summed over the instances
};

/// Of one moment, since the simulation began, or of the time between two.
struct ModuleCosts {
    std::map<std::string, ModuleCost> modules; ///< by name below the platform: "chip.crossbar", "dram"
    std::int64_t memory_bytes = 0;             ///< that went over the chip's memory interface
    Ps unlocking, locking;                     ///< of layers, steps one after another

    ModuleCosts operator-(const ModuleCosts& before) const;
    /// The mean of so many.
    ModuleCosts operator/(std::int64_t count) const;
};

/// Figures of the blocks below the platform `root`. Numbers at the end of names are left away.
ModuleCosts module_costs(const std::vector<Stat>& stats, const std::string& root);

} // namespace veilram
