#include "hw/crossbar/pulse_train.hpp"

#include <boost/random/uniform_int_distribution.hpp>

#include <algorithm>

namespace veilram {

std::optional<std::uint8_t> PulseTrain::level_of(std::size_t row, std::size_t column) const {
    const auto cell = pending_.find({row, column});
    return cell == pending_.end() ? std::nullopt : std::optional(cell->second.level);
}

void PulseTrain::note(const Pulse& pulse) {
    Pending& cell = pending_[{pulse.row, pulse.column}];
    ++cell.pulses;
    cell.level = pulse.step.to;
}

void PulseTrain::add(std::size_t row, std::size_t column, Step step, Ps now, Ps duration) {
    const Ps begin = std::max(now, end(now));
    pulses_.push_back({row, column, step, begin, begin + duration});
    note(pulses_.back());
}

void PulseTrain::abandon(Ps now) {
    while (!pulses_.empty() && pulses_.back().begin >= now) pulses_.pop_back();
    pending_.clear();
    for (const Pulse& pulse : pulses_) note(pulse);
}

std::optional<PulseTrain::Pulse> PulseTrain::finished(Ps now) {
    if (pulses_.empty() || pulses_.front().end > now) return std::nullopt;
    const Pulse pulse = pulses_.front();
    pulses_.pop_front();
    const auto cell = pending_.find({pulse.row, pulse.column});
    if (--cell->second.pulses == 0) pending_.erase(cell);
    return pulse;
}

std::optional<PulseTrain::Pulse> PulseTrain::cut(Ps now, Rng& rng) {
    std::optional<Pulse> torn;
    if (!pulses_.empty() && pulses_.front().begin < now) {
        torn = pulses_.front();
        if (boost::random::uniform_int_distribution<int>(0, 1)(rng) == 0) torn->step.to = torn->step.from;
    }
    pulses_.clear();
    pending_.clear();
    return torn;
}

} // namespace veilram
