#include "hw/sim/services.hpp"

namespace veilram {

std::vector<Stat> collect_stats(const sc_core::sc_object& root) {
    std::vector<Stat> all;
    if (const auto* provider = dynamic_cast<const StatProvider*>(&root)) {
        StatGroup group(root.name());
        provider->collect(group);
        all = group.stats();
    }
    for (const auto* child : root.get_child_objects()) {
        const auto below = collect_stats(*child);
        all.insert(all.end(), below.begin(), below.end());
    }
    return all;
}

Fj total_energy(const sc_core::sc_object& root) {
    Fj sum;
    if (const auto* provider = dynamic_cast<const StatProvider*>(&root)) sum += provider->energy();
    for (const auto* child : root.get_child_objects()) sum += total_energy(*child);
    return sum;
}

} // namespace veilram
