// Program-verify: how cells are brought to absolute levels, and what that wears. Without a kernel.
#pragma once

#include "hw/crossbar/cell_requests.hpp"
#include "hw/crossbar/pulse_train.hpp"

#include <cstdint>
#include <map>
#include <utility>

namespace veilram {

/// Cells as a write driver sees them: conductance levels.
class WritableCells {
public:
    virtual ~WritableCells() = default;
    virtual std::uint8_t level(std::size_t row, std::size_t column) = 0;
    virtual void set_level(std::size_t row, std::size_t column, std::uint8_t level) = 0;
};

/// One driver for all cells of a block. A pulse moves a cell by one level; a cell is read before each pulse, and
/// once where it needs none. A cell has its new level from the end of its pulse on; a pulse that power cuts short
/// leaves either.
class WriteDriver {
public:
    /// `cells` must outlive it. `seed` and `name` are of what pulses leave that power cuts short.
    WriteDriver(WritableCells& cells, Ps verify, Ps pulse, std::uint64_t seed, const std::string& name)
        : cells_(cells), verify_(verify), pulse_(pulse), rng_(make_rng(seed, name)) {}

    bool idle() const { return pulses_.empty(); }
    /// Pulses that are not over.
    std::int64_t pending() const { return static_cast<std::int64_t>(pulses_.size()); }
    /// When the pulse at work ends; of a driver that is not idle.
    Ps next_end() const { return pulses_.next_end(); }

    struct Queued {
        Ps end;                    ///< when the last cell is as asked, and everything before
        std::int64_t verifies = 0; ///< reads of cells
    };
    /// Goes behind what was asked for before, from `from` at the earliest.
    Queued write(const std::vector<CellWrite>& cells, Ps from);
    /// Drops the pulses that have not begun.
    void abandon(Ps now) { pulses_.abandon(now); }
    /// Carries out what is over by `now`; returns the number of pulses.
    std::int64_t finish(Ps now);
    /// The power is gone: drops everything; returns whether a pulse was torn.
    bool cut(Ps now);

    std::int64_t most_pulses() const; ///< of the cell that has seen the most
    std::int64_t worn_cells() const { return static_cast<std::int64_t>(wear_.size()); } ///< that have seen any
    std::int64_t torn() const { return torn_; }

private:
    void apply(const PulseTrain::Pulse& pulse);

    WritableCells& cells_;
    const Ps verify_, pulse_;
    PulseTrain pulses_;
    Rng rng_;
    std::map<std::pair<std::size_t, std::size_t>, std::int64_t> wear_; ///< pulses that a cell has seen
    std::int64_t torn_ = 0;                                            ///< pulses that power cut short
};

} // namespace veilram
