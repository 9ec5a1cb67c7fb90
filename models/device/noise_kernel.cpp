#include "models/device/noise_kernel.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/device/noise_kernel.cpp"
#include <hwy/foreach_target.h> // compiles this file once for each instruction set
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace veilram {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR // the definition, count by count

int DigitSum(std::uint32_t bits) {
    int sum = 0;
    for (; bits != 0; bits >>= 4U) sum += static_cast<int>(bits & 0xfU);
    return sum;
}

void AddNoisyRow(const NoisyAdds& a, std::uint8_t level, std::uint32_t image, std::uint32_t position, std::int32_t* codes) {
    for (std::size_t lane = 0; lane < kNoiseLanes; ++lane) {
        const PhiloxBlock draw = philox({image, position, a.input, a.block + static_cast<std::uint32_t>(lane)}, a.key);
        for (std::size_t word = 0; word < draw.size(); ++word) {
            const std::size_t o = word * kNoiseLanes + lane;
            const float noise = a.spread[level * kNoiseBlock + o] * static_cast<float>(DigitSum(draw[word]) - 60);
            const auto count = static_cast<std::int32_t>(std::nearbyint(a.mean[level * kNoiseBlock + o] + noise));
            codes[o] = std::min(std::max(count, 0), a.limit) & a.mask;
        }
    }
}

#else

/// Philox for Lanes(d) blocks side by side, whose fourth counter words are consecutive.
template <class V> struct Blocks {
    V c0, c1, c2, c3;
};

/// High and low halves of the products with a constant, lane by lane.
template <class D, class V> HWY_INLINE void Multiply(D d, V a, V constant, V& high, V& low) {
    const hn::Repartition<std::uint64_t, D> wide;
    const auto even = hn::MulEven(a, constant);
    const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, a))), constant);
    low = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even));
    high = hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even)));
}

template <class D, class V> HWY_INLINE void PhiloxRounds(D d, PhiloxKey key, Blocks<V>& b) {
    const auto first = hn::Set(d, 0xD2511F53U), second = hn::Set(d, 0xCD9E8D57U);
    for (int round = 0; round < 10; ++round) {
        V high0, low0, high2, low2;
        Multiply(d, b.c0, first, high0, low0);
        Multiply(d, b.c2, second, high2, low2);
        b.c0 = hn::Xor(hn::Xor(high2, b.c1), hn::Set(d, key[0]));
        b.c1 = low2;
        b.c2 = hn::Xor(hn::Xor(high0, b.c3), hn::Set(d, key[1]));
        b.c3 = low0;
        key[0] += 0x9E3779B9U;
        key[1] += 0xBB67AE85U;
    }
}

template <class D> HWY_INLINE hn::Vec<D> DigitSums(D d, hn::Vec<D> bits) {
    const auto low_digits = hn::Set(d, 0x0f0f0f0fU);
    auto bytes = hn::Add(hn::And(bits, low_digits), hn::And(hn::ShiftRight<4>(bits), low_digits));
    bytes = hn::Add(bytes, hn::ShiftRight<8>(bytes)); // even bytes hold sums of two, up to 60
    return hn::And(hn::Add(bytes, hn::ShiftRight<16>(bytes)), hn::Set(d, 0xffU));
}

void AddNoisyRow(const NoisyAdds& a, std::uint8_t level, std::uint32_t image, std::uint32_t position, std::int32_t* codes) {
    const hn::CappedTag<std::uint32_t, kNoiseLanes> d;
    const hn::RebindToSigned<decltype(d)> di;
    const hn::RebindToFloat<decltype(d)> df;
    const float* mean = a.mean + level * kNoiseBlock;
    const float* spread = a.spread + level * kNoiseBlock;
    const auto zero = hn::Zero(di), limit = hn::Set(di, a.limit), mask = hn::Set(di, a.mask), centre = hn::Set(di, 60);
    for (std::size_t lane = 0; lane < kNoiseLanes; lane += hn::Lanes(d)) {
        Blocks<hn::Vec<decltype(d)>> b{hn::Set(d, image), hn::Set(d, position), hn::Set(d, a.input),
                              hn::Iota(d, a.block + static_cast<std::uint32_t>(lane))};
        PhiloxRounds(d, a.key, b);
        const auto finish = [&](hn::Vec<decltype(d)> bits, std::size_t o) HWY_ATTR {
            const auto digits = hn::Sub(hn::BitCast(di, DigitSums(d, bits)), centre);
            const auto noise = hn::Mul(hn::Load(df, spread + o), hn::ConvertTo(df, digits));
            const auto count = hn::NearestInt(hn::Add(hn::Load(df, mean + o), noise));
            hn::Store(hn::And(hn::Min(hn::Max(count, zero), limit), mask), di, codes + o);
        };
        finish(b.c0, lane);
        finish(b.c1, kNoiseLanes + lane);
        finish(b.c2, 2 * kNoiseLanes + lane);
        finish(b.c3, 3 * kNoiseLanes + lane);
    }
}

#endif

void AddNoisyRows(const NoisyAdds& a) {
    alignas(64) std::int32_t codes[kNoiseBlock];
    for (std::size_t p = 0; p < a.positions; ++p) {
        const std::uint8_t level = a.levels[a.origins[p] + a.offset];
        if (a.live[level] == 0) continue;
        const std::size_t at = a.first_position + p;
        AddNoisyRow(a, level, a.first_image + static_cast<std::uint32_t>(at / a.plane),
                    static_cast<std::uint32_t>(at % a.plane), codes);
        std::int32_t* acc = a.acc + p * a.stride;
        for (std::size_t o = 0; o < a.outputs; ++o) acc[o] += a.sign[o] * codes[o];
    }
}

} // namespace
} // namespace HWY_NAMESPACE
} // namespace veilram
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace veilram {
namespace {
HWY_EXPORT(AddNoisyRows);
} // namespace

void add_noisy_rows(const NoisyAdds& adds) { HWY_DYNAMIC_DISPATCH(AddNoisyRows)(adds); }

} // namespace veilram
#endif
