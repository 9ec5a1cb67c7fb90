#include "models/mapping/step_kernel.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/mapping/step_kernel.cpp"
#include <algorithm>
#include <cmath>
#include <hwy/foreach_target.h> // compiles this file once for each instruction set
#include <hwy/highway.h>

// With f(r) = weight * |r| + r^2, a step adds (f(r+1) + f(r-1)) / 2 - f(r) on every line, the bend, and
// (f(r+1) - f(r-1)) / 2 with the sign that the step has on that line, the slope. All numbers are whole, and small
// enough for a float to hold them exactly: the order of the sums does not matter.
HWY_BEFORE_NAMESPACE();
namespace veilram {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// Two sums share a number: the number of lines that miss their target stays below this.
constexpr float kLowPart = 256.0F;

#if HWY_TARGET == HWY_SCALAR // the definition

StepPrice PriceSteps(const StepView& v, const float* first, float first_sign, float* prices) {
    double cost = 0.0;
    float slope[kMostVectors], bend = v.lines;
    for (std::size_t i = 0; i < v.vectors; ++i) {
        slope[i] = 0.0F;
        const auto add_line = [&](float error, float used, float direction) {
            const float sign = std::min(std::max(error, -1.0F), 1.0F);
            cost += static_cast<double>(v.weight) * std::abs(error) + static_cast<double>(error) * error;
            slope[i] += direction * (2.0F * error + v.weight * sign);
            bend += v.weight * (used - sign * sign);
        };
        add_line(v.even[i] + first_sign * first[i] * v.even_used[i], v.even_used[i], 1.0F);
        add_line(v.odd[i] - first_sign * first[i] * v.odd_used[i], v.odd_used[i], -1.0F);
    }
    float least = 3e38F;
    for (std::size_t j = v.first_column; j < v.columns; ++j) {
        prices[j] = 0.0F;
        for (std::size_t i = 0; i < v.vectors; ++i) prices[j] += v.signs[i * v.columns + j] * slope[i];
        least = std::min({least, v.up[j] + prices[j], v.down[j] - prices[j]});
    }
    return {cost, least + bend, bend};
}

#else

StepPrice PriceSteps(const StepView& v, const float* first, float first_sign, float* prices) {
    const hn::CappedTag<float, kVectorPad> d;
    using V = hn::Vec<decltype(d)>;
    const std::size_t lanes = hn::Lanes(d);
    const V one = hn::Set(d, 1.0F), minus_one = hn::Set(d, -1.0F), weight = hn::Set(d, v.weight);
    const V step = hn::Set(d, first_sign);
    alignas(64) float slope[kMostVectors];
    const V low_part = hn::Set(d, kLowPart);
    V packed = hn::Zero(d), squares = hn::Zero(d);
    for (std::size_t i = 0; i < v.vectors; i += lanes) {
        const V column = hn::Mul(hn::LoadU(d, first + i), step);
        const V even_used = hn::LoadU(d, v.even_used + i), odd_used = hn::LoadU(d, v.odd_used + i);
        const V even = hn::MulAdd(column, even_used, hn::LoadU(d, v.even + i));
        const V odd = hn::NegMulAdd(column, odd_used, hn::LoadU(d, v.odd + i));
        const V even_sign = hn::Min(hn::Max(even, minus_one), one), odd_sign = hn::Min(hn::Max(odd, minus_one), one);
        const V difference = hn::Sub(even, odd);
        hn::Store(hn::MulAdd(weight, hn::Sub(even_sign, odd_sign), hn::Add(difference, difference)), d, slope + i);
        squares = hn::MulAdd(even, even, hn::MulAdd(odd, odd, squares));
        const V missed = hn::MulAdd(even_sign, even_sign, hn::Mul(odd_sign, odd_sign));
        packed = hn::Add(packed, hn::MulAdd(hn::Add(hn::Abs(even), hn::Abs(odd)), low_part, missed));
    }
    const hn::RebindToSigned<decltype(d)> di; // a sum of all lanes may be larger than a float holds exactly
    const auto sum = [&](V of_lanes) HWY_ATTR { return hn::GetLane(hn::SumOfLanes(di, hn::ConvertTo(di, of_lanes))); };
    const int sums = sum(packed), missed_lines = sums % static_cast<int>(kLowPart);
    const double absolute = sums / static_cast<int>(kLowPart);

    V least = hn::Set(d, 3e38F);
    for (std::size_t j = v.first_column; j < v.columns; j += 4 * lanes) {
        V p0 = hn::Zero(d), p1 = p0, p2 = p0, p3 = p0;
        const float* row = v.signs + j;
        for (std::size_t i = 0; i < v.vectors; ++i, row += v.columns) {
            const V s = hn::Set(d, slope[i]);
            p0 = hn::MulAdd(s, hn::LoadU(d, row), p0);
            p1 = hn::MulAdd(s, hn::LoadU(d, row + lanes), p1);
            p2 = hn::MulAdd(s, hn::LoadU(d, row + 2 * lanes), p2);
            p3 = hn::MulAdd(s, hn::LoadU(d, row + 3 * lanes), p3);
        }
        const auto keep = [&](V price, std::size_t at) HWY_ATTR {
            hn::StoreU(price, d, prices + at);
            const V here = hn::Min(hn::Add(hn::LoadU(d, v.up + at), price), hn::Sub(hn::LoadU(d, v.down + at), price));
            least = hn::Min(least, here);
        };
        keep(p0, j);
        keep(p1, j + lanes);
        keep(p2, j + 2 * lanes);
        keep(p3, j + 3 * lanes);
    }
    const float bend = v.lines + v.weight * (v.lines - static_cast<float>(missed_lines));
    return {static_cast<double>(v.weight) * absolute + sum(squares), hn::GetLane(hn::MinOfLanes(d, least)) + bend,
            bend};
}

#endif

} // namespace
} // namespace HWY_NAMESPACE
} // namespace veilram
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace veilram {
namespace {
HWY_EXPORT(PriceSteps);
} // namespace

StepPrice price_steps(const StepView& view, const float* first, float first_sign, float* prices) {
    return HWY_DYNAMIC_DISPATCH(PriceSteps)(view, first, first_sign, prices);
}

} // namespace veilram
#endif
