// Counts a block's events, turns them into energy and sums up the time of the block's own work.
#pragma once

#include "hw/sim/sim_time.hpp"
#include "models/base/stats.hpp"
#include "models/base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace veilram {

/// One kind of event: its name in reports, what it means, what one costs.
struct EventKind {
    const char* name;
    const char* description;
    Cost cost;
};

/// `Event` enumerates the N kinds from 0.
template <class Event, std::size_t N> class EventMeter {
public:
    explicit EventMeter(const std::array<EventKind, N>& kinds) : kinds_(kinds) {}

    void charge(Event event, std::int64_t times = 1) { counts_[index(event)] += times; }
    /// Own work, requests one after another, without that of blocks which are asked in turn.
    void spend(Ps time) { busy_ += time; }
    void spend(Ps time, sc_core::sc_time& delay) {
        spend(time);
        delay += to_sc_time(time);
    }
    Ps busy() const { return busy_; }
    std::int64_t count(Event event) const { return counts_[index(event)]; }
    Fj energy() const {
        Fj sum;
        for (std::size_t i = 0; i < N; ++i) sum += kinds_[i].cost.energy * counts_[i];
        return sum;
    }
    void collect(StatGroup& out) const {
        for (std::size_t i = 0; i < N; ++i) out.count(kinds_[i].name, counts_[i], kinds_[i].description);
        out.energy("energy", energy(), "dynamic energy");
        out.time("busy", busy_, "own work, requests one after another");
    }

private:
    static constexpr std::size_t index(Event event) { return static_cast<std::size_t>(event); }

    std::array<EventKind, N> kinds_;
    std::array<std::int64_t, N> counts_{};
    Ps busy_;
};

} // namespace veilram
