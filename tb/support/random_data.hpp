// Seeded test data.
#pragma once

#include "models/base/bits.hpp"
#include "models/base/random.hpp"
#include "models/protect/secrets.hpp"

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

/// Distinct levels, 0 and 255 among them.
inline std::vector<std::uint8_t> random_levels(Rng& rng) {
    std::vector<std::uint8_t> levels{0};
    for (int level = random_int(rng, 1, 40); level < 255; level += random_int(rng, 1, 40))
        levels.push_back(static_cast<std::uint8_t>(level));
    levels.push_back(255);
    return levels;
}

} // namespace veilram::test
