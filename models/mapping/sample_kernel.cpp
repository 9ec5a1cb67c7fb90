#include "models/mapping/sample_kernel.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/mapping/sample_kernel.cpp"
#include <algorithm>
#include <hwy/foreach_target.h> // compiles this file once for each instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace veilram {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR // the definitions

void GramOfSamples(const std::int16_t* rows, std::size_t size, std::size_t count, std::int32_t* gram) {
    for (std::size_t i = 0; i < size; ++i)
        for (std::size_t j = 0; j < size; ++j) {
            std::int32_t sum = 0;
            for (std::size_t s = 0; s < count; ++s) sum += rows[i * count + s] * rows[j * count + s];
            gram[i * size + j] = sum;
        }
}

void AddBytes(const std::int8_t* bits, int sign, std::size_t count, std::int8_t* sums) {
    for (std::size_t i = 0; i < count; ++i) sums[i] = static_cast<std::int8_t>(sums[i] + sign * bits[i]);
}

#else

constexpr std::size_t kTogether = 256; ///< samples whose rows stay in the second-level cache

const hn::CappedTag<std::int16_t, 16> kShorts;
const hn::Repartition<std::int32_t, decltype(kShorts)> kInts;

/// A sum of products of many samples; where two halves are kept apart is the instruction set's business.
struct Sum {
    hn::VFromD<decltype(kInts)> low, high;

    HWY_ATTR Sum() : low(hn::Zero(kInts)), high(hn::Zero(kInts)) {}
    HWY_ATTR void add(hn::VFromD<decltype(kShorts)> a, hn::VFromD<decltype(kShorts)> b) {
        low = hn::ReorderWidenMulAccumulate(kInts, a, b, low, high);
    }
    HWY_ATTR std::int32_t total() const { return hn::GetLane(hn::SumOfLanes(kInts, hn::Add(low, high))); }
};

/// Adds the products of samples first..first+kTogether-1; two rows by four others stay in registers.
void AddProducts(const std::int16_t* rows, std::size_t size, std::size_t count, std::size_t first, std::int32_t* gram) {
    for (std::size_t i = 0; i < size; i += 2)
        for (std::size_t j = i / 4 * 4; j < size; j += 4) {
            const std::int16_t *x = rows + i * count + first, *y = rows + j * count + first;
            Sum a0, a1, a2, a3, b0, b1, b2, b3;
            for (std::size_t s = 0; s < kTogether; s += hn::Lanes(kShorts)) {
                const auto p = hn::LoadU(kShorts, x + s), q = hn::LoadU(kShorts, x + count + s);
                const auto y0 = hn::LoadU(kShorts, y + s), y1 = hn::LoadU(kShorts, y + count + s);
                a0.add(p, y0), b0.add(q, y0), a1.add(p, y1), b1.add(q, y1);
                const auto y2 = hn::LoadU(kShorts, y + 2 * count + s), y3 = hn::LoadU(kShorts, y + 3 * count + s);
                a2.add(p, y2), b2.add(q, y2), a3.add(p, y3), b3.add(q, y3);
            }
            std::int32_t *to = gram + i * size + j, *next = to + size;
            to[0] += a0.total(), to[1] += a1.total(), to[2] += a2.total(), to[3] += a3.total();
            next[0] += b0.total(), next[1] += b1.total(), next[2] += b2.total(), next[3] += b3.total();
        }
}

void GramOfSamples(const std::int16_t* rows, std::size_t size, std::size_t count, std::int32_t* gram) {
    std::fill(gram, gram + size * size, 0);
    for (std::size_t first = 0; first < count; first += kTogether) AddProducts(rows, size, count, first, gram);
    for (std::size_t i = 1; i < size; ++i)
        for (std::size_t j = 0; j < i; ++j) gram[i * size + j] = gram[j * size + i];
}

void AddBytes(const std::int8_t* bits, int sign, std::size_t count, std::int8_t* sums) {
    const hn::CappedTag<std::int8_t, 32> d;
    for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
        const auto bit = hn::LoadU(d, bits + i), old = hn::LoadU(d, sums + i);
        hn::StoreU(sign > 0 ? hn::Add(old, bit) : hn::Sub(old, bit), d, sums + i);
    }
}

#endif

} // namespace
} // namespace HWY_NAMESPACE
} // namespace veilram
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace veilram {
namespace {
HWY_EXPORT(GramOfSamples);
HWY_EXPORT(AddBytes);
} // namespace

void gram_of_samples(const std::int16_t* rows, std::size_t size, std::size_t count, std::int32_t* gram) {
    HWY_DYNAMIC_DISPATCH(GramOfSamples)(rows, size, count, gram);
}
void add_bytes(const std::int8_t* bits, int sign, std::size_t count, std::int8_t* sums) {
    HWY_DYNAMIC_DISPATCH(AddBytes)(bits, sign, count, sums);
}

} // namespace veilram
#endif
