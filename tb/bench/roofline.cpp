#include "tb/bench/roofline.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tb/bench/roofline.cpp"
#include <hwy/foreach_target.h> // compiles this file once for each instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace veilram {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

void AddRowsInOrder(const std::uint8_t* table, std::size_t rows, std::uint16_t* sums) {
    for (std::size_t i = 0; i < rows * 64; ++i) sums[i % 64] = static_cast<std::uint16_t>(sums[i % 64] + table[i]);
}

std::uint64_t AndPopcount(std::uint64_t a, std::uint64_t b, std::size_t words) {
    std::uint64_t ones = 0;
    for (std::size_t i = 0; i < words; ++i) ones += static_cast<unsigned>(__builtin_popcountll(a++ & b));
    return ones;
}

#else

void AddRowsInOrder(const std::uint8_t* HWY_RESTRICT table, std::size_t rows, std::uint16_t* HWY_RESTRICT sums) {
    const hn::CappedTag<std::uint8_t, 64> d8;
    const hn::Repartition<std::uint16_t, decltype(d8)> d16;
    constexpr std::size_t kLanes = hn::MaxLanes(d8), kVectors = 64 / kLanes;
    constexpr std::size_t kAtOnce = kVectors >= 4 ? 1 : 4 / kVectors;
    hn::Vec<decltype(d16)> all[kAtOnce][kVectors], odd[kAtOnce][kVectors];
    for (std::size_t p = 0; p < kAtOnce; ++p)
        for (std::size_t v = 0; v < kVectors; ++v) all[p][v] = odd[p][v] = hn::Zero(d16);
    for (std::size_t r = 0; r + kAtOnce <= rows; r += kAtOnce)
        for (std::size_t p = 0; p < kAtOnce; ++p)
            for (std::size_t v = 0; v < kVectors; ++v) {
                const auto pairs = hn::BitCast(d16, hn::Load(d8, table + (r + p) * 64 + v * kLanes));
                all[p][v] = hn::Add(all[p][v], pairs);
                odd[p][v] = hn::Add(odd[p][v], hn::ShiftRight<8>(pairs));
            }
    for (std::size_t p = 0; p < kAtOnce; ++p)
        for (std::size_t v = 0; v < kVectors; ++v)
            hn::Store(hn::Add(all[p][v], odd[p][v]), d16, sums + (p * kVectors + v) * kLanes / 2);
}

std::uint64_t AndPopcount(std::uint64_t a, std::uint64_t b, std::size_t words) {
    const hn::ScalableTag<std::uint64_t> d;
    const hn::Repartition<std::uint8_t, decltype(d)> d8;
    const std::size_t lanes = hn::Lanes(d);
    auto data = hn::Iota(d, a);
    const auto mask = hn::Set(d, b), one = hn::Set(d, std::uint64_t{1});
    auto ones = hn::Zero(d);
    for (std::size_t i = 0; i < words; i += lanes) {
        ones = hn::Add(ones, hn::SumsOf8(hn::PopulationCount(hn::BitCast(d8, hn::And(data, mask)))));
        data = hn::Add(data, one);
    }
    return hn::GetLane(hn::SumOfLanes(d, ones));
}

#endif

} // namespace
} // namespace HWY_NAMESPACE
} // namespace veilram
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace veilram {
namespace {
HWY_EXPORT(AddRowsInOrder);
HWY_EXPORT(AndPopcount);
} // namespace

void add_rows_in_order(const std::uint8_t* table, std::size_t rows, std::uint16_t* sums) {
    HWY_DYNAMIC_DISPATCH(AddRowsInOrder)(table, rows, sums);
}
std::uint64_t and_popcount(std::uint64_t a, std::uint64_t b, std::size_t words) {
    return HWY_DYNAMIC_DISPATCH(AndPopcount)(a, b, words);
}

} // namespace veilram
#endif
