// Programming pulses on their way to non-volatile cells, one after another, without a kernel.
#pragma once

#include "models/base/random.hpp"
#include "models/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

namespace veilram {

/// A cell has its new level from the end of its pulse on; a pulse that power cuts short leaves either level.
class PulseTrain {
public:
    /// From one conductance level to another.
    struct Step {
        std::uint8_t from = 0, to = 0;
    };
    struct Pulse {
        std::size_t row = 0, column = 0;
        Step step;
        Ps begin, end;
    };

    bool empty() const { return pulses_.empty(); }
    std::size_t size() const { return pulses_.size(); }
    /// When the pulse at work ends; of a train that is not empty.
    Ps next_end() const { return pulses_.front().end; }
    /// When the last of them ends; `now` when there is none.
    Ps end(Ps now) const { return pulses_.empty() ? now : pulses_.back().end; }
    /// The level that the pulses leave in a cell; nothing when none goes there.
    std::optional<std::uint8_t> level_of(std::size_t row, std::size_t column) const;

    /// Goes to the end of the train, from `now` at the earliest.
    void add(std::size_t row, std::size_t column, Step step, Ps now, Ps duration);
    /// Drops the pulses that have not begun.
    void abandon(Ps now);
    /// Takes the next pulse that is over by `now`.
    std::optional<Pulse> finished(Ps now);
    /// The power is gone: drops everything. The pulse at work, if there is one, with the level that it happened to
    /// leave.
    std::optional<Pulse> cut(Ps now, Rng& rng);

private:
    /// Of a cell: the pulses that go there, and the level that the last one leaves.
    struct Pending {
        std::size_t pulses = 0;
        std::uint8_t level = 0;
    };
    void note(const Pulse& pulse);

    std::deque<Pulse> pulses_;
    std::map<std::pair<std::size_t, std::size_t>, Pending> pending_;
};

} // namespace veilram
