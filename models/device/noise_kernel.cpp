#include "models/device/noise_kernel.hpp"

#include "models/device/device_model.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/device/noise_kernel.cpp"
#include <algorithm>
#include <cmath>
#include <hwy/foreach_target.h> // compiles this file once for each instruction set
#include <hwy/highway.h>

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

void AddNoisyRows(const NoisyAdds& a) {
    const std::size_t row = noise_row(a.outputs);
    for (std::size_t p = 0; p < a.positions; ++p) {
        const std::uint8_t level = a.levels[a.origins[p] + a.offset];
        if (a.live[level] == 0) continue;
        const std::size_t at = a.first_position + p;
        const std::uint32_t image = a.first_image + static_cast<std::uint32_t>(at / a.plane);
        for (std::size_t o = 0; o < a.outputs; ++o) {
            const PhiloxBlock draw = philox(
                {image, static_cast<std::uint32_t>(at % a.plane), a.input, a.block + static_cast<std::uint32_t>(o / 4)},
                a.key);
            const float noise = a.spread[level * row + o] * static_cast<float>(DigitSum(draw[o % 4]) - kDigitMean);
            const auto count = static_cast<std::int32_t>(std::nearbyint(a.mean[level * row + o] + noise));
            const std::int32_t code = std::min(std::max(count, 0), a.limit) & a.mask;
            a.sums[p * row + o] += a.negative[o] != 0 ? -code : code;
        }
    }
}

#else

/// Philox for Lanes(d) blocks side by side, whose fourth counter words are consecutive.
template <class V> struct Blocks { V c0, c1, c2, c3; };

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

/// Positions whose random numbers are drawn together.
struct Group {
    std::size_t members = 0;
    std::size_t position[kNoiseLanes]; ///< in the view
    std::uint8_t level[kNoiseLanes];
    alignas(64) std::uint32_t image[kNoiseLanes], place[kNoiseLanes], block[kNoiseLanes]; ///< counter words, by lane
    alignas(64) std::int32_t digits[4 * kNoiseLanes];
};

void Draw(const NoisyAdds& a, Group& group) {
    const hn::CappedTag<std::uint32_t, kNoiseLanes> d;
    for (std::size_t lane = 0; lane < kNoiseLanes; lane += hn::Lanes(d)) {
        Blocks<hn::Vec<decltype(d)>> b{hn::Load(d, group.image + lane), hn::Load(d, group.place + lane),
                                       hn::Set(d, a.input), hn::Load(d, group.block + lane)};
        PhiloxRounds(d, a.key, b);
        const hn::RebindToSigned<decltype(d)> di;
        const auto sums = [&](auto bits) HWY_ATTR { return hn::BitCast(di, DigitSums(d, bits)); };
        hn::StoreInterleaved4(sums(b.c0), sums(b.c1), sums(b.c2), sums(b.c3), di, group.digits + 4 * lane);
    }
}

/// `kVector` divides every row that it is used for.
template <std::size_t kVector> void AddCodes(const NoisyAdds& a, const Group& group, std::size_t row) {
    const hn::CappedTag<float, kVector> df;
    const hn::RebindToSigned<decltype(df)> di;
    const auto zero = hn::Zero(di), limit = hn::Set(di, a.limit), mask = hn::Set(di, a.mask),
               centre = hn::Set(di, kDigitMean);
    // Adding 1.5 * 2^23 rounds half to even and leaves the whole number in the low bits.
    const auto shift = hn::Set(df, 12582912.0F);
    for (std::size_t m = 0; m < group.members; ++m) {
        const std::size_t table = group.level[m] * row;
        const std::int32_t* digits = group.digits + m * row;
        std::int32_t* sums = a.sums + group.position[m] * row;
        for (std::size_t o = 0; o < row; o += hn::Lanes(df)) {
            const auto away = hn::ConvertTo(df, hn::Sub(hn::Load(di, digits + o), centre));
            const auto noise = hn::Mul(hn::Load(df, a.spread + table + o), away);
            const auto rounded = hn::Add(hn::Add(hn::Load(df, a.mean + table + o), noise), shift);
            const auto count = hn::Sub(hn::BitCast(di, rounded), hn::BitCast(di, shift));
            const auto code = hn::And(hn::Min(hn::Max(count, zero), limit), mask);
            const auto negative = hn::Load(di, a.negative + o); // x XOR -1, less -1, is -x
            const auto with_sign = hn::Sub(hn::Xor(code, negative), negative);
            hn::Store(hn::Add(hn::Load(di, sums + o), with_sign), di, sums + o);
        }
    }
}

void AddNoisyRows(const NoisyAdds& a) {
    const std::size_t row = noise_row(a.outputs), lanes = row / 4, most = kNoiseLanes / lanes;
    Group group;
    for (std::size_t lane = 0; lane < kNoiseLanes; ++lane) {
        group.image[lane] = group.place[lane] = 0;
        group.block[lane] = a.block + static_cast<std::uint32_t>(lane % lanes);
    }
    const auto finish = [&] {
        Draw(a, group);
        if (row == 4)
            AddCodes<4>(a, group, row);
        else
            AddCodes<8>(a, group, row);
        group.members = 0;
    };
    std::uint32_t image = a.first_image + static_cast<std::uint32_t>(a.first_position / a.plane);
    std::size_t place = a.first_position % a.plane;
    for (std::size_t p = 0; p < a.positions; ++p, ++place) {
        if (place == a.plane) {
            place = 0;
            ++image;
        }
        const std::uint8_t level = a.levels[a.origins[p] + a.offset];
        if (a.live[level] == 0) continue;
        const std::size_t first = group.members * lanes;
        group.position[group.members] = p;
        group.level[group.members++] = level;
        std::fill_n(group.image + first, lanes, image);
        std::fill_n(group.place + first, lanes, static_cast<std::uint32_t>(place));
        if (group.members == most) finish();
    }
    if (group.members > 0) finish();
}

#endif

} // namespace
} // namespace HWY_NAMESPACE
} // namespace veilram
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace veilram {
namespace {
HWY_EXPORT(AddNoisyRows);
} // namespace

std::size_t noise_row(std::size_t outputs) {
    std::size_t row = 4;
    while (row < outputs) row *= 2; // so that rows fill the lanes evenly
    return row;
}

void add_noisy_rows(const NoisyAdds& adds) { HWY_DYNAMIC_DISPATCH(AddNoisyRows)(adds); }

} // namespace veilram
#endif
