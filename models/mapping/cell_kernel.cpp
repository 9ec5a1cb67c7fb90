#include "models/mapping/cell_kernel.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/mapping/cell_kernel.cpp"
#include <hwy/foreach_target.h> // compiles this file once for each instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace veilram {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR // the definitions

void GramMatrix(const float* rows, std::size_t count, std::size_t size, float* gram) {
    for (std::size_t i = 0; i < size; ++i)
        for (std::size_t j = 0; j < size; ++j) {
            float sum = 0.0F;
            for (std::size_t l = 0; l < count; ++l) sum += rows[l * size + i] * rows[l * size + j];
            gram[i * size + j] = sum;
        }
}

Flip CheapestFlip(const FlipView& v) {
    Flip best{0, 3e38F};
    for (std::size_t i = 0; i < v.size; ++i) {
        const float price = (2.0F * v.flip[i] * v.slope[i] + v.bend[i]) + v.barred[i];
        if (price < best.price) best = {i, price};
    }
    return best;
}

void AddRow(const float* row, float sign, std::size_t size, float* slope) {
    for (std::size_t j = 0; j < size; ++j) slope[j] += sign * row[j];
}

#else

/// Four rows and two vectors of columns at a time stay in registers; what is below the diagonal is copied.
void GramMatrix(const float* rows, std::size_t count, std::size_t size, float* gram) {
    const hn::CappedTag<float, 8> d;
    const std::size_t lanes = hn::Lanes(d);
    for (std::size_t i = 0; i < size; i += 4)
        for (std::size_t j = i / (2 * lanes) * (2 * lanes); j < size; j += 2 * lanes) {
            auto a0 = hn::Zero(d), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
            const float* row = rows;
            for (std::size_t l = 0; l < count; ++l, row += size) {
                const auto x = hn::LoadU(d, row + j), y = hn::LoadU(d, row + j + lanes);
                const auto r0 = hn::Set(d, row[i]), r1 = hn::Set(d, row[i + 1]), r2 = hn::Set(d, row[i + 2]),
                           r3 = hn::Set(d, row[i + 3]);
                a0 = hn::Add(a0, hn::Mul(r0, x)), b0 = hn::Add(b0, hn::Mul(r0, y));
                a1 = hn::Add(a1, hn::Mul(r1, x)), b1 = hn::Add(b1, hn::Mul(r1, y));
                a2 = hn::Add(a2, hn::Mul(r2, x)), b2 = hn::Add(b2, hn::Mul(r2, y));
                a3 = hn::Add(a3, hn::Mul(r3, x)), b3 = hn::Add(b3, hn::Mul(r3, y));
            }
            float* to = gram + i * size + j;
            hn::StoreU(a0, d, to), hn::StoreU(b0, d, to + lanes);
            hn::StoreU(a1, d, to + size), hn::StoreU(b1, d, to + size + lanes);
            hn::StoreU(a2, d, to + 2 * size), hn::StoreU(b2, d, to + 2 * size + lanes);
            hn::StoreU(a3, d, to + 3 * size), hn::StoreU(b3, d, to + 3 * size + lanes);
        }
    for (std::size_t i = 1; i < size; ++i)
        for (std::size_t j = 0; j < i; ++j) gram[i * size + j] = gram[j * size + i];
}

Flip CheapestFlip(const FlipView& v) {
    const hn::CappedTag<float, 8> d;
    const std::size_t lanes = hn::Lanes(d);
    const auto two = hn::Set(d, 2.0F);
    const auto price_at = [&](std::size_t i) HWY_ATTR {
        const auto slope = hn::Mul(hn::Mul(two, hn::LoadU(d, v.flip + i)), hn::LoadU(d, v.slope + i));
        return hn::Add(hn::Add(slope, hn::LoadU(d, v.bend + i)), hn::LoadU(d, v.barred + i));
    };
    auto low = hn::Set(d, 3e38F), other = low;
    for (std::size_t i = 0; i < v.size; i += 2 * lanes) {
        low = hn::Min(low, price_at(i));
        other = hn::Min(other, price_at(i + lanes));
    }
    const auto least = hn::MinOfLanes(d, hn::Min(low, other));
    for (std::size_t i = 0;; i += lanes) {
        const auto found = hn::FindFirstTrue(d, hn::Eq(price_at(i), least));
        if (found >= 0) return {i + static_cast<std::size_t>(found), hn::GetLane(least)};
    }
}

void AddRow(const float* row, float sign, std::size_t size, float* slope) {
    const hn::CappedTag<float, 8> d;
    const auto factor = hn::Set(d, sign);
    for (std::size_t j = 0; j < size; j += hn::Lanes(d))
        hn::StoreU(hn::Add(hn::LoadU(d, slope + j), hn::Mul(factor, hn::LoadU(d, row + j))), d, slope + j);
}

#endif

} // namespace
} // namespace HWY_NAMESPACE
} // namespace veilram
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace veilram {
namespace {
HWY_EXPORT(GramMatrix);
HWY_EXPORT(CheapestFlip);
HWY_EXPORT(AddRow);
} // namespace

void gram_matrix(const float* rows, std::size_t count, std::size_t size, float* gram) {
    HWY_DYNAMIC_DISPATCH(GramMatrix)(rows, count, size, gram);
}
Flip cheapest_flip(const FlipView& view) { return HWY_DYNAMIC_DISPATCH(CheapestFlip)(view); }
void add_row(const float* row, float sign, std::size_t size, float* slope) {
    HWY_DYNAMIC_DISPATCH(AddRow)(row, sign, size, slope);
}

} // namespace veilram
#endif
