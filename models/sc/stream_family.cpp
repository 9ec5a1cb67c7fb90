#include "models/sc/stream_family.hpp"

#include <algorithm>

namespace veilram {
namespace {

constexpr auto kPlaces = static_cast<std::uint16_t>(kStreamBits);

/// `length` places from `from` on, round and round within begin..end-1.
StreamFamily::Runs cyclic_run(std::uint16_t begin, std::uint16_t end, std::uint16_t from, std::uint16_t length) {
    const auto straight = std::min<std::uint16_t>(length, static_cast<std::uint16_t>(end - from));
    const auto rest = static_cast<std::uint16_t>(length - straight);
    return {{from, begin}, {static_cast<std::uint16_t>(from + straight), static_cast<std::uint16_t>(begin + rest)}};
}

/// The row's ones lie at places zeros..255. A level above their number adds a cyclic run of zeros: with what the run
/// leaves at the end of the zeros, that is again two runs. A level below keeps the ones after those taken away.
StreamFamily::Runs sign_bit_runs(std::uint16_t zeros, std::uint16_t zeros_before, std::uint16_t ones_before,
                                 std::uint16_t level) {
    const auto ones = static_cast<std::uint16_t>(kPlaces - zeros);
    if (level < ones) {
        const auto removed = static_cast<std::uint16_t>(ones - level);
        const auto kept_from = static_cast<std::uint16_t>((ones_before + removed) % ones);
        return cyclic_run(zeros, kPlaces, static_cast<std::uint16_t>(zeros + kept_from), level);
    }
    StreamFamily::Runs runs = cyclic_run(0, zeros, zeros_before, static_cast<std::uint16_t>(level - ones));
    if (runs.last[1] == 0) { // no wrap: the second run is free for the ones
        runs.first[1] = zeros;
        runs.last[1] = kPlaces;
    } else { // the first run reaches the last zero: the ones go on from there
        runs.last[0] = kPlaces;
    }
    return runs;
}

} // namespace

StreamFamily lfsr_family(std::uint8_t seed) {
    StreamFamily family;
    std::uint8_t state = seed;
    for (std::size_t t = 0; t < kStreamBits; ++t, state = lfsr_next(state))
        family.order[state] = static_cast<std::uint8_t>(t);
    for (std::size_t level = 0; level < kStreamBits; ++level)
        family.runs[level].last[0] = static_cast<std::uint16_t>(level);
    return family;
}

StreamFamily sign_bit_family(const Word* source, const StartTable& start, const LevelSet& levels) {
    StreamFamily family;
    const auto zeros = static_cast<std::uint16_t>(kPlaces - popcount(source, words_for(kStreamBits)));
    std::array<std::uint16_t, kStreamBits> ones_before{};
    std::uint16_t next_zero = 0, next_one = zeros;
    for (std::size_t t = 0; t < kStreamBits; ++t) { // no branch: the bits of a source are as good as random
        const auto one = static_cast<std::uint16_t>(get_bit(source, t) ? 1 : 0);
        ones_before[t] = static_cast<std::uint16_t>(next_one - zeros);
        family.order[one != 0 ? next_one : next_zero] = static_cast<std::uint8_t>(t);
        next_one = static_cast<std::uint16_t>(next_one + one);
        next_zero = static_cast<std::uint16_t>(next_zero + 1 - one);
    }
    levels.for_each([&](std::size_t level) {
        const std::uint8_t h = start[level];
        family.runs[level] = sign_bit_runs(zeros, static_cast<std::uint16_t>(h - ones_before[h]), ones_before[h],
                                           static_cast<std::uint16_t>(level));
    });
    return family;
}

void write_stream(const StreamFamily& family, unsigned level, Word* stream) {
    std::fill_n(stream, words_for(kStreamBits), Word{0});
    const StreamFamily::Runs& runs = family.runs[level];
    for (std::size_t i = 0; i < runs.first.size(); ++i)
        for (std::size_t place = runs.first[i]; place < runs.last[i]; ++place)
            set_bit(stream, family.order[place], true);
}

} // namespace veilram
