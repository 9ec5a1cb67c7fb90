#include "tb/cli/module_costs.hpp"

#include <set>

namespace veilram {
namespace {

constexpr std::int64_t kBurstBytes = 64; ///< of the chip's memory interface

/// "chip.crossbar_12.pipeline" -> "chip.crossbar_12": blocks inside a block count with it.
std::string block_of(const std::string& path) {
    const std::size_t first = path.find('.');
    return first == std::string::npos ? path : path.substr(0, path.find('.', first + 1));
}

std::string kind_of(const std::string& block) {
    const std::size_t last = block.find_last_not_of("0123456789");
    return last + 1 < block.size() && block[last] == '_' ? block.substr(0, last) : block;
}

} // namespace

ModuleCosts ModuleCosts::operator-(const ModuleCosts& before) const {
    ModuleCosts result = *this;
    for (const auto& [name, cost] : before.modules) {
        ModuleCost& own = result.modules[name];
        own.energy = own.energy - cost.energy;
        own.busy = own.busy - cost.busy;
    }
    result.memory_bytes -= before.memory_bytes;
    result.unlocking = unlocking - before.unlocking;
    result.locking = locking - before.locking;
    return result;
}

ModuleCosts ModuleCosts::operator/(std::int64_t count) const {
    ModuleCosts result = *this;
    for (auto& [name, cost] : result.modules) {
        cost.energy = Fj{cost.energy.value / count};
        cost.busy = Ps{cost.busy.value / count};
    }
    result.memory_bytes /= count;
    result.unlocking = Ps{unlocking.value / count};
    result.locking = Ps{locking.value / count};
    return result;
}

ModuleCosts module_costs(const std::vector<Stat>& stats, const std::string& root) {
    ModuleCosts costs;
    std::set<std::string> seen;
    for (const Stat& stat : stats) {
        const std::string block = block_of(stat.block.substr(root.size() + 1));
        ModuleCost& module = costs.modules[kind_of(block)];
        if (seen.insert(block).second) ++module.instances;
        if (stat.name == "energy") module.energy += Fj{stat.value};
        if (stat.name == "busy") module.busy += Ps{stat.value};
        if (block == "chip.dram" && stat.name == "bursts") costs.memory_bytes += stat.value * kBurstBytes;
        if (block == "chip.res" && stat.name == "unlock_time") costs.unlocking += Ps{stat.value};
        if (block == "chip.res" && stat.name == "lock_time") costs.locking += Ps{stat.value};
    }
    return costs;
}

} // namespace veilram
