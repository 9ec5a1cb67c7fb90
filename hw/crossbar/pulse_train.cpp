#include "hw/crossbar/pulse_train.hpp"

#include <boost/random/uniform_int_distribution.hpp>

#include <algorithm>

namespace veilram {

std::optional<bool> PulseTrain::value_of(std::size_t row, std::size_t column) const {
    const auto last = std::find_if(pulses_.rbegin(), pulses_.rend(),
                                   [&](const Pulse& pulse) { return pulse.row == row && pulse.column == column; });
    return last == pulses_.rend() ? std::nullopt : std::optional(last->value);
}

void PulseTrain::add(std::size_t row, std::size_t column, bool value, Ps now, Ps duration) {
    const Ps begin = std::max(now, end(now));
    pulses_.push_back({row, column, value, begin, begin + duration});
}

void PulseTrain::abandon(Ps now) {
    while (!pulses_.empty() && pulses_.back().begin >= now) pulses_.pop_back();
}

std::optional<PulseTrain::Pulse> PulseTrain::finished(Ps now) {
    if (pulses_.empty() || pulses_.front().end > now) return std::nullopt;
    const Pulse pulse = pulses_.front();
    pulses_.pop_front();
    return pulse;
}

std::optional<PulseTrain::Pulse> PulseTrain::cut(Ps now, Rng& rng) {
    std::optional<Pulse> torn;
    if (!pulses_.empty() && pulses_.front().begin < now) {
        torn = pulses_.front();
        if (boost::random::uniform_int_distribution<int>(0, 1)(rng) == 0) torn->value = !torn->value;
    }
    pulses_.clear();
    return torn;
}

} // namespace veilram
