#include "hw/crossbar/write_driver.hpp"

#include <algorithm>

namespace veilram {

WriteDriver::Queued WriteDriver::write(const std::vector<CellWrite>& cells, Ps from) {
    Queued queued{std::max(from, pulses_.end(from)), 0};
    const auto verify = [&] {
        queued.end += verify_;
        ++queued.verifies;
    };
    for (const CellWrite& cell : cells) {
        std::uint8_t level = pulses_.level_of(cell.row, cell.column).value_or(cells_.level(cell.row, cell.column));
        if (level == cell.level) verify();
        while (level != cell.level) {
            verify();
            const auto next = static_cast<std::uint8_t>(level < cell.level ? level + 1 : level - 1);
            pulses_.add(cell.row, cell.column, {level, next}, queued.end, pulse_);
            queued.end = pulses_.end(queued.end);
            level = next;
        }
    }
    return queued;
}

std::int64_t WriteDriver::finish(Ps now) {
    std::int64_t count = 0;
    for (; const auto pulse = pulses_.finished(now); ++count) apply(*pulse);
    return count;
}

bool WriteDriver::cut(Ps now) {
    const auto torn = pulses_.cut(now, rng_);
    if (!torn) return false;
    apply(*torn);
    ++torn_;
    return true;
}

void WriteDriver::apply(const PulseTrain::Pulse& pulse) {
    cells_.set_level(pulse.row, pulse.column, pulse.step.to);
    ++wear_[{pulse.row, pulse.column}];
}

std::int64_t WriteDriver::most_pulses() const {
    std::int64_t most = 0;
    for (const auto& [cell, pulses] : wear_) most = std::max(most, pulses);
    return most;
}

} // namespace veilram
