// What a block counted: filled by the blocks, printed elsewhere.
#pragma once

#include "models/base/units.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

/// One figure of a block. `unit` is "count", "ps", "fJ" or "bytes".
struct Stat {
    std::string block;
    std::string name;
    std::int64_t value = 0;
    std::string unit;
    std::string description;
};

/// Collects the figures of one block under its hierarchical name.
class StatGroup {
public:
    explicit StatGroup(std::string block) : block_(std::move(block)) {}

    void count(const std::string& name, std::int64_t value, const std::string& description) {
        stats_.push_back({block_, name, value, "count", description});
    }
    void time(const std::string& name, Ps value, const std::string& description) {
        stats_.push_back({block_, name, value.value, "ps", description});
    }
    void energy(const std::string& name, Fj value, const std::string& description) {
        stats_.push_back({block_, name, value.value, "fJ", description});
    }
    const std::vector<Stat>& stats() const { return stats_; }

private:
    std::string block_;
    std::vector<Stat> stats_;
};

} // namespace veilram
