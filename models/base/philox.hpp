// A counter-based random generator: any of its numbers can be had alone, in any order, on any thread.
#pragma once

#include <array>
#include <cstdint>

namespace veilram {

/// Philox4x32-10 (J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
using PhiloxBlock = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

constexpr PhiloxBlock philox(PhiloxBlock counter, PhiloxKey key) {
    constexpr std::uint64_t kFirst = 0xD2511F53U, kSecond = 0xCD9E8D57U;
    constexpr std::uint32_t kGolden = 0x9E3779B9U, kSqrt3 = 0xBB67AE85U;
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t a = kFirst * counter[0], b = kSecond * counter[2];
        counter = {static_cast<std::uint32_t>(b >> 32U) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
                   static_cast<std::uint32_t>(a >> 32U) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
        key = {key[0] + kGolden, key[1] + kSqrt3};
    }
    return counter;
}

} // namespace veilram
