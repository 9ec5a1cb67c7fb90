// All streams of one converter and one slot at once (docs/model.md, section 3).
#pragma once

#include "models/base/level_set.hpp"
#include "models/sc/streams.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace veilram {

constexpr std::size_t kStreamBits = 256; ///< word lines of a crossbar; also the number of levels

/// Every converter's streams are runs of one fixed order of the word lines: the LFSR's order is that of its states, the
/// sign-bit converter's is the zeros of the sign row, then its ones. So the counts of all levels follow from one set of
/// running sums along that order.
struct StreamFamily {
    /// Word lines at places first[i]..last[i]-1 carry a one, for i = 0 and 1; an empty run has first = last.
    struct Runs {
        std::array<std::uint16_t, 2> first{}, last{};
    };
    std::array<std::uint8_t, kStreamBits> order{}; ///< the word line at each place
    std::array<Runs, kStreamBits> runs{};          ///< by level
};

/// The streams of lfsr_stream() for this seed.
StreamFamily lfsr_family(std::uint8_t seed);

/// The streams of sign_bit_stream() for this source row of kStreamBits bits, for these levels.
StreamFamily sign_bit_family(const Word* source, const StartTable& start, const LevelSet& levels);

/// Writes the kStreamBits bits of one stream.
void write_stream(const StreamFamily& family, unsigned level, Word* stream);

} // namespace veilram
