// What protection costs besides computing: opening the sealed secrets, unlocking and locking layers, powering off, in
// closed form. Tests hold it to the platform.
#pragma once

#include "models/arch/machines.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace veilram {

/// Time and energy of the steps of one phase, one after another, by block.
struct PhaseCost {
    std::map<std::string, Cost> blocks;

    void add(const std::string& block, const Cost& cost, std::int64_t times = 1);
    Cost total() const;
};

struct LifeEstimate {
    PhaseCost boot;   ///< opening every blob; without fetching and hashing the program, whose size the compiler decides
    PhaseCost unlock; ///< of all layers, once each
    PhaseCost lock;   ///< likewise
    PhaseCost power_off;
    std::int64_t sealed_bytes = 0;
    std::int64_t fetched_bytes = 0; ///< at boot, with directory, in whole bursts
};

/// Without flipped signs, whose pulses are ResCosts' part.
LifeEstimate life_of(const NetworkEstimate& network, const ScMachine& machine);

} // namespace veilram
