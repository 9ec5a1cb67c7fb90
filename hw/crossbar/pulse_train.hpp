// Programming pulses on their way to non-volatile cells, one after another, without a kernel.
#pragma once

#include "models/base/random.hpp"
#include "models/base/units.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <utility>

namespace veilram {

/// One write driver. A cell has its new value from the end of its pulse on; a pulse that power cuts short leaves either
/// value.
class PulseTrain {
public:
    struct Pulse {
        std::size_t row = 0, column = 0;
        bool value = false;
        Ps begin, end;
    };

    bool empty() const { return pulses_.empty(); }
    std::size_t size() const { return pulses_.size(); }
    /// When the pulse at work ends; of a train that is not empty.
    Ps next_end() const { return pulses_.front().end; }
    /// When the last of them ends; `now` when there is none.
    Ps end(Ps now) const { return pulses_.empty() ? now : pulses_.back().end; }
    /// The value that the pulses leave in a cell; nothing when none goes there.
    std::optional<bool> value_of(std::size_t row, std::size_t column) const;

    /// Goes to the end of the train, from `now` at the earliest.
    void add(std::size_t row, std::size_t column, bool value, Ps now, Ps duration);
    /// Drops the pulses that have not begun.
    void abandon(Ps now);
    /// Takes the next pulse that is over by `now`.
    std::optional<Pulse> finished(Ps now);
    /// The power is gone: drops everything. The pulse at work, if there is one, with the value that it happened to
    /// leave.
    std::optional<Pulse> cut(Ps now, Rng& rng);

private:
    /// Of a cell: the pulses that go there, and the value of the last one.
    struct Pending {
        std::size_t pulses = 0;
        bool value = false;
    };
    void note(const Pulse& pulse);

    std::deque<Pulse> pulses_;
    std::map<std::pair<std::size_t, std::size_t>, Pending> pending_;
};

} // namespace veilram
