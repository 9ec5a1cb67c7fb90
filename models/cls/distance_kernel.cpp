#include "models/cls/distance_kernel.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/cls/distance_kernel.cpp"
#include <algorithm>
#include <hwy/foreach_target.h> // compiles this file once for each instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace veilram {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// One pair by definition; where the instruction set has a popcount, the compiler takes it.
std::uint32_t DistanceOf(const Word* HWY_RESTRICT a, const Word* HWY_RESTRICT b, std::size_t words) {
    std::uint32_t ones = 0;
    for (std::size_t w = 0; w < words; ++w) ones += popcount(a[w] ^ b[w]);
    return ones;
}

#if HWY_TARGET == HWY_SCALAR // the definition

void HammingDistances(const Word* const* a, std::size_t a_count, const Word* const* b, std::size_t b_count,
                      std::size_t words, std::uint32_t* distances) {
    for (std::size_t i = 0; i < a_count; ++i)
        for (std::size_t j = 0; j < b_count; ++j) *distances++ = DistanceOf(a[i], b[j], words);
}

#else

constexpr std::size_t kTile = 4; ///< matrices of each side at a time: every vector read is used that often

/// kTile x kTile distances over the first words of all, whole vectors of them. Counts of bytes are summed as bytes as
/// long as they fit.
template <class D>
void TileDistances(D d, const Word* const* a, const Word* const* b, std::size_t words, std::size_t step,
                   std::uint32_t* distances) {
    const hn::Repartition<std::uint8_t, D> d8;
    constexpr std::size_t kMost = 31; // times 8 bits
    const std::size_t lanes = hn::Lanes(d);
    for (std::size_t i = 0; i < kTile; ++i) {
        auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
        for (std::size_t first = 0; first < words; first += kMost * lanes) {
            const std::size_t last = std::min(first + kMost * lanes, words);
            auto c0 = hn::Zero(d8), c1 = c0, c2 = c0, c3 = c0;
            for (std::size_t w = first; w < last; w += lanes) {
                const auto v = hn::LoadU(d, a[i] + w);
                const auto ones = [&](const Word* with) HWY_ATTR {
                    return hn::PopulationCount(hn::BitCast(d8, hn::Xor(v, hn::LoadU(d, with + w))));
                };
                c0 = hn::Add(c0, ones(b[0]));
                c1 = hn::Add(c1, ones(b[1]));
                c2 = hn::Add(c2, ones(b[2]));
                c3 = hn::Add(c3, ones(b[3]));
            }
            s0 = hn::Add(s0, hn::SumsOf8(c0));
            s1 = hn::Add(s1, hn::SumsOf8(c1));
            s2 = hn::Add(s2, hn::SumsOf8(c2));
            s3 = hn::Add(s3, hn::SumsOf8(c3));
        }
        const auto sum = [&](hn::Vec<D> v)
                             HWY_ATTR { return static_cast<std::uint32_t>(hn::GetLane(hn::SumOfLanes(d, v))); };
        std::uint32_t* row = distances + i * step;
        row[0] = sum(s0), row[1] = sum(s1), row[2] = sum(s2), row[3] = sum(s3);
    }
}

void HammingDistances(const Word* const* a, std::size_t a_count, const Word* const* b, std::size_t b_count,
                      std::size_t words, std::uint32_t* distances) {
    const hn::ScalableTag<Word> d;
    const std::size_t whole = words / hn::Lanes(d) * hn::Lanes(d);
    const std::size_t a_tiles = a_count / kTile * kTile, b_tiles = b_count / kTile * kTile;
    for (std::size_t i = 0; i < a_tiles; i += kTile)
        for (std::size_t j = 0; j < b_tiles; j += kTile)
            TileDistances(d, a + i, b + j, whole, b_count, distances + i * b_count + j);
    for (std::size_t i = 0; i < a_count; ++i)
        for (std::size_t j = 0; j < b_count; ++j) {
            const bool tiled = i < a_tiles && j < b_tiles;
            const std::size_t done = tiled ? whole : 0;
            const std::uint32_t rest = DistanceOf(a[i] + done, b[j] + done, words - done);
            distances[i * b_count + j] = (tiled ? distances[i * b_count + j] : 0) + rest;
        }
}

#endif

void FlippedDistances(const Word* const* a, std::size_t a_count, const Word* const* b, std::size_t b_count,
                      const RowLayout& layout, std::uint32_t* distances) {
    for (std::size_t i = 0; i < a_count; ++i)
        for (std::size_t j = 0; j < b_count; ++j) {
            std::uint32_t sum = 0;
            for (std::size_t g = 0; g < layout.groups; ++g) {
                const std::size_t first = g * layout.group_words;
                const std::uint32_t ones = DistanceOf(a[i] + first, b[j] + first, layout.group_words);
                const std::size_t bits = g + 1 < layout.groups ? layout.group_bits : layout.last_bits;
                sum += std::min(ones, static_cast<std::uint32_t>(bits) - ones);
            }
            *distances++ = sum;
        }
}

} // namespace
} // namespace HWY_NAMESPACE
} // namespace veilram
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace veilram {
namespace {
HWY_EXPORT(HammingDistances);
HWY_EXPORT(FlippedDistances);
} // namespace

void hamming_distances(const Word* const* a, std::size_t a_count, const Word* const* b, std::size_t b_count,
                       std::size_t words, std::uint32_t* distances) {
    HWY_DYNAMIC_DISPATCH(HammingDistances)(a, a_count, b, b_count, words, distances);
}

void flipped_distances(const Word* const* a, std::size_t a_count, const Word* const* b, std::size_t b_count,
                       const RowLayout& layout, std::uint32_t* distances) {
    HWY_DYNAMIC_DISPATCH(FlippedDistances)(a, a_count, b, b_count, layout, distances);
}

} // namespace veilram
#endif
