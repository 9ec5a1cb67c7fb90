// Seeded test data.
#pragma once

#include "models/base/bits.hpp"
#include "models/base/random.hpp"
#include "models/protect/secrets.hpp"
#include "models/sc/slot_codes.hpp"

#include <boost/random/uniform_int_distribution.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram::test {

/// Seeds of every property test.
constexpr std::uint64_t kSeeds[] = {1, 2, 3, 77, 0xdeadbeefULL};

inline int random_int(Rng& rng, int low, int high) {
    return boost::random::uniform_int_distribution<int>(low, high)(rng);
}

inline BitMatrix random_bits(Rng& rng, std::size_t rows, std::size_t cols) {
    BitMatrix bits(rows, cols);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < cols; ++c) bits.set(r, c, random_int(rng, 0, 1) == 1);
    return bits;
}

inline Bytes random_bytes(Rng& rng, std::size_t count) {
    Bytes bytes(count);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random_int(rng, 0, 255));
    return bytes;
}

/// 0 and 255 among them.
inline LevelSet random_levels(Rng& rng) {
    LevelSet levels;
    for (int level = random_int(rng, 1, 40); level < 255; level += random_int(rng, 1, 40))
        levels.set(static_cast<std::size_t>(level));
    return levels.set(0).set(255);
}

/// Streams of a random sign row and random start positions.
inline StreamSet random_streams(Rng& rng, const LevelSet& levels) {
    const BitMatrix row = random_bits(rng, 1, kStreamBits);
    StartTable start{};
    for (auto& place : start) place = static_cast<std::uint8_t>(random_int(rng, 0, 255));
    return {{{ConverterKind::sign_bit, 0}, row.row(0), &start}, levels};
}

inline std::vector<Word> stream_of(const StreamSet& streams, std::size_t level) {
    std::vector<Word> stream(words_for(kStreamBits));
    streams.write(static_cast<unsigned>(level), stream.data());
    return stream;
}

/// What a crossbar's tables say of a row pair.
inline unsigned code_of(const std::vector<CodeTable>& codes, std::size_t level, std::size_t pair) {
    const CodeTable& table = codes.at(pair / kMaxWidth);
    return table.at(level * (table.size() / kStreamBits) + pair % kMaxWidth);
}

} // namespace veilram::test
