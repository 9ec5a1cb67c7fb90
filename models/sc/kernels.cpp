#include "models/sc/kernels.hpp"

#include "models/base/diagnostics.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/sc/kernels.cpp"
#include <algorithm>
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h> // compiles this file once for each instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace veilram {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// The scalar target has the definitions, byte by byte: for processors without vectors, and to test the others against.
#if HWY_TARGET == HWY_SCALAR

void CountLines(const Word* lines, std::size_t rows, std::size_t words, const Word* stream, std::uint16_t* counts) {
    for (std::size_t r = 0; r < rows; ++r, lines += words) {
        counts[r] = 0;
        for (std::size_t w = 0; w < words; ++w)
            counts[r] = static_cast<std::uint16_t>(counts[r] + popcount(lines[w] & stream[w]));
    }
}

void RunningSums(const std::uint8_t* bits, std::size_t width, std::uint8_t* sums) {
    std::fill_n(sums, width, std::uint8_t{0});
    for (std::size_t i = 0; i < kStreamBits; ++i, bits += width / 8, sums += width)
        for (std::size_t o = 0; o < width; ++o)
            sums[width + o] = static_cast<std::uint8_t>(sums[o] + ((bits[o / 8] >> (o % 8)) & 1U));
}

void FillRows(const std::uint8_t* sums, std::size_t width, const StreamFamily& family, const LevelSet& levels,
              const ByteAdc& adc, const std::uint8_t* flip, std::uint8_t* table) {
    levels.for_each([&](std::size_t level) {
        const StreamFamily::Runs& runs = family.runs[level];
        for (std::size_t o = 0; o < width; ++o) {
            const auto at = [&](std::uint16_t place) { return sums[place * width + o]; };
            const auto count =
                static_cast<std::uint8_t>(at(runs.last[0]) - at(runs.first[0]) + at(runs.last[1]) - at(runs.first[1]));
            table[level * width + o] = static_cast<std::uint8_t>((std::min(count, adc.limit) & adc.mask) ^ flip[o]);
        }
    });
}

void FlipRows(const std::uint8_t* codes, std::size_t width, const LevelSet& levels, const std::uint8_t* flip,
              std::uint8_t* table) {
    levels.for_each([&](std::size_t level) {
        for (std::size_t o = 0; o < width; ++o)
            table[level * width + o] = static_cast<std::uint8_t>(codes[level * width + o] ^ flip[o]);
    });
}

void AddRows(const RowAdds& a) {
    for (std::size_t p = 0; p < a.positions; ++p)
        for (std::size_t k = 0; k < a.inputs; ++k) {
            const std::uint8_t level = a.levels[a.origins[p] + a.offsets[k]];
            const std::uint8_t* row = a.tables + k * table_step(a.width) + level * a.width;
            std::uint16_t* sums = a.sums + p * a.width;
            for (std::size_t i = 0; i < a.width / 2; ++i) {
                sums[i] = static_cast<std::uint16_t>(sums[i] + row[2 * i] + 256U * row[2 * i + 1]);
                sums[a.width / 2 + i] = static_cast<std::uint16_t>(sums[a.width / 2 + i] + row[2 * i + 1]);
            }
        }
}

#else

/// A row of kWidth bytes as vectors.
template <std::size_t kWidth> struct Row {
    using Bytes = hn::CappedTag<std::uint8_t, kWidth>;
    using Pairs = hn::Repartition<std::uint16_t, Bytes>;
    static constexpr std::size_t kLanes = hn::MaxLanes(Bytes());
    static constexpr std::size_t kVectors = kWidth / kLanes;
};

void CountLines(const Word* HWY_RESTRICT lines, std::size_t rows, std::size_t words, const Word* HWY_RESTRICT stream,
                std::uint16_t* HWY_RESTRICT counts) {
    const hn::CappedTag<Word, kStreamBits / kWordBits> d;
    const hn::Repartition<std::uint8_t, decltype(d)> d8;
    const std::size_t lanes = hn::Lanes(d);
    for (std::size_t r = 0; r < rows; ++r, lines += words) {
        auto ones = hn::Zero(d);
        std::size_t w = 0;
        for (; w + lanes <= words; w += lanes) {
            const auto product = hn::And(hn::LoadU(d, lines + w), hn::LoadU(d, stream + w));
            ones = hn::Add(ones, hn::SumsOf8(hn::PopulationCount(hn::BitCast(d8, product))));
        }
        auto count = static_cast<std::uint16_t>(hn::GetLane(hn::SumOfLanes(d, ones)));
        for (; w < words; ++w) count = static_cast<std::uint16_t>(count + popcount(lines[w] & stream[w]));
        counts[r] = count;
    }
}

template <std::size_t kWidth>
void RunningSumsOf(const std::uint8_t* HWY_RESTRICT bits, std::uint8_t* HWY_RESTRICT sums) {
    using R = Row<kWidth>;
    const typename R::Bytes d;
    hn::Vec<typename R::Bytes> sum[R::kVectors];
    for (auto& v : sum) v = hn::Zero(d);
    for (std::size_t i = 0; i <= kStreamBits; ++i, sums += kWidth, bits += kWidth / 8) {
        for (std::size_t v = 0; v < R::kVectors; ++v) hn::Store(sum[v], d, sums + v * R::kLanes);
        if (i == kStreamBits) break;
        for (std::size_t v = 0; v < R::kVectors; ++v) { // a set mask lane is -1
            const auto mask = hn::LoadMaskBits(d, bits + v * R::kLanes / 8);
            sum[v] = hn::Sub(sum[v], hn::VecFromMask(d, mask));
        }
    }
}

template <std::size_t kWidth>
void FillRowsOf(const std::uint8_t* HWY_RESTRICT sums, const StreamFamily& family, const LevelSet& levels,
                const ByteAdc& adc, const std::uint8_t* HWY_RESTRICT flip, std::uint8_t* HWY_RESTRICT table) {
    using R = Row<kWidth>;
    const typename R::Bytes d;
    const auto limit = hn::Set(d, adc.limit), mask = hn::Set(d, adc.mask);
    levels.for_each([&](std::size_t level) HWY_ATTR {
        const StreamFamily::Runs& runs = family.runs[level];
        const std::uint8_t *first0 = sums + runs.first[0] * kWidth, *last0 = sums + runs.last[0] * kWidth;
        const std::uint8_t *first1 = sums + runs.first[1] * kWidth, *last1 = sums + runs.last[1] * kWidth;
        for (std::size_t i = 0; i < kWidth; i += R::kLanes) {
            const auto run0 = hn::Sub(hn::Load(d, last0 + i), hn::Load(d, first0 + i));
            const auto run1 = hn::Sub(hn::Load(d, last1 + i), hn::Load(d, first1 + i));
            const auto code = hn::And(hn::Min(hn::Add(run0, run1), limit), mask);
            hn::Store(hn::Xor(code, hn::Load(d, flip + i)), d, table + level * kWidth + i);
        }
    });
}

void FlipRows(const std::uint8_t* HWY_RESTRICT codes, std::size_t width, const LevelSet& levels,
              const std::uint8_t* HWY_RESTRICT flip, std::uint8_t* HWY_RESTRICT table) {
    const hn::CappedTag<std::uint8_t, kWidths[0]> d; // divides every width
    levels.for_each([&](std::size_t level) HWY_ATTR {
        for (std::size_t i = 0; i < width; i += hn::Lanes(d))
            hn::Store(hn::Xor(hn::Load(d, codes + level * width + i), hn::LoadU(d, flip + i)), d,
                      table + level * width + i);
    });
}

/// `kAtOnce` positions side by side, so that the adds of one do not wait for those of another.
template <std::size_t kWidth, std::size_t kAtOnce>
HWY_INLINE void AddRowsAt(const RowAdds& a, const std::uint32_t* HWY_RESTRICT origins,
                          std::uint16_t* HWY_RESTRICT sums) {
    using R = Row<kWidth>;
    const typename R::Bytes d8;
    const typename R::Pairs d16;
    constexpr std::size_t kHalf = R::kLanes / 2; // 16-bit lanes of a vector
    hn::Vec<typename R::Pairs> all[kAtOnce][R::kVectors], odd[kAtOnce][R::kVectors];
    const std::uint8_t* levels[kAtOnce];
    for (std::size_t p = 0; p < kAtOnce; ++p) {
        levels[p] = a.levels + origins[p];
        for (std::size_t v = 0; v < R::kVectors; ++v) {
            all[p][v] = hn::Load(d16, sums + p * kWidth + v * kHalf);
            odd[p][v] = hn::Load(d16, sums + p * kWidth + kWidth / 2 + v * kHalf);
        }
    }
    const std::uint8_t* HWY_RESTRICT table = a.tables;
    HWY_UNROLL(2)
    for (std::size_t k = 0; k < a.inputs; ++k, table += table_step(kWidth)) {
        const std::size_t offset = a.offsets[k];
        for (std::size_t p = 0; p < kAtOnce; ++p) {
            const std::uint8_t* row = table + levels[p][offset] * kWidth;
            for (std::size_t v = 0; v < R::kVectors; ++v) {
                const auto pairs = hn::BitCast(d16, hn::Load(d8, row + v * R::kLanes));
                all[p][v] = hn::Add(all[p][v], pairs);
                odd[p][v] = hn::Add(odd[p][v], hn::ShiftRight<8>(pairs));
            }
        }
    }
    for (std::size_t p = 0; p < kAtOnce; ++p)
        for (std::size_t v = 0; v < R::kVectors; ++v) {
            hn::Store(all[p][v], d16, sums + p * kWidth + v * kHalf);
            hn::Store(odd[p][v], d16, sums + p * kWidth + kWidth / 2 + v * kHalf);
        }
}

template <std::size_t kWidth> void AddRowsOf(const RowAdds& a) {
    constexpr std::size_t kVectors = Row<kWidth>::kVectors;
    constexpr std::size_t kAtOnce = kVectors >= 4 ? 1 : 4 / kVectors; // what the registers hold
    std::size_t p = 0;
    for (; p + kAtOnce <= a.positions; p += kAtOnce) AddRowsAt<kWidth, kAtOnce>(a, a.origins + p, a.sums + p * kWidth);
    for (; p < a.positions; ++p) AddRowsAt<kWidth, 1>(a, a.origins + p, a.sums + p * kWidth);
}

// The width is a compile-time fact of the loops.

void RunningSums(const std::uint8_t* bits, std::size_t width, std::uint8_t* sums) {
    if (width == 64) return RunningSumsOf<64>(bits, sums);
    if (width == 32) return RunningSumsOf<32>(bits, sums);
    RunningSumsOf<16>(bits, sums);
}

void FillRows(const std::uint8_t* sums, std::size_t width, const StreamFamily& family, const LevelSet& levels,
              const ByteAdc& adc, const std::uint8_t* flip, std::uint8_t* table) {
    if (width == 64) return FillRowsOf<64>(sums, family, levels, adc, flip, table);
    if (width == 32) return FillRowsOf<32>(sums, family, levels, adc, flip, table);
    FillRowsOf<16>(sums, family, levels, adc, flip, table);
}

void AddRows(const RowAdds& adds) {
    if (adds.width == 64) return AddRowsOf<64>(adds);
    if (adds.width == 32) return AddRowsOf<32>(adds);
    AddRowsOf<16>(adds);
}

#endif

constexpr std::size_t kFetchAhead = 8; ///< positions

void FlushSums(std::uint16_t* HWY_RESTRICT sums, std::size_t positions, std::size_t width, std::size_t outputs,
               std::int32_t* HWY_RESTRICT acc, std::size_t stride) {
    std::int32_t row[kMaxWidth];
    for (std::size_t p = 0; p < positions; ++p, sums += width, acc += stride) {
        if (p + kFetchAhead < positions) // rows of a wide layer lie pages apart, beyond what processors foresee
            for (std::size_t o = 0; o < outputs; o += 16) hwy::Prefetch(acc + kFetchAhead * stride + o);
        for (std::size_t i = 0; i < width / 2; ++i) {
            const unsigned odd = sums[width / 2 + i];
            row[2 * i] = static_cast<std::uint16_t>(sums[i] - (odd << 8U));
            row[2 * i + 1] = static_cast<std::int32_t>(odd);
        }
        for (std::size_t o = 0; o < outputs; ++o) acc[o] += row[o];
        std::fill_n(sums, width, std::uint16_t{0});
    }
}

} // namespace
} // namespace HWY_NAMESPACE
} // namespace veilram
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace veilram {
namespace {

constexpr const char* kScalar = "SCALAR";

HWY_EXPORT(CountLines);
HWY_EXPORT(RunningSums);
HWY_EXPORT(FillRows);
HWY_EXPORT(FlipRows);
HWY_EXPORT(AddRows);
HWY_EXPORT(FlushSums);

} // namespace

void count_lines(const Word* lines, std::size_t rows, std::size_t words, const Word* stream, std::uint16_t* counts) {
    HWY_DYNAMIC_DISPATCH(CountLines)(lines, rows, words, stream, counts);
}
void running_sums(const std::uint8_t* bits, std::size_t width, std::uint8_t* sums) {
    HWY_DYNAMIC_DISPATCH(RunningSums)(bits, width, sums);
}
void fill_rows(const std::uint8_t* sums, std::size_t width, const StreamFamily& family, const LevelSet& levels,
               const ByteAdc& adc, const std::uint8_t* flip, std::uint8_t* table) {
    HWY_DYNAMIC_DISPATCH(FillRows)(sums, width, family, levels, adc, flip, table);
}
void flip_rows(const std::uint8_t* codes, std::size_t width, const LevelSet& levels, const std::uint8_t* flip,
               std::uint8_t* table) {
    HWY_DYNAMIC_DISPATCH(FlipRows)(codes, width, levels, flip, table);
}
void add_rows(const RowAdds& adds) { HWY_DYNAMIC_DISPATCH(AddRows)(adds); }
void flush_sums(std::uint16_t* sums, std::size_t positions, std::size_t width, std::size_t outputs, std::int32_t* acc,
                std::size_t stride) {
    HWY_DYNAMIC_DISPATCH(FlushSums)(sums, positions, width, outputs, acc, stride);
}

std::vector<std::string> simd_levels() {
    std::vector<std::string> names;
    hwy::SetSupportedTargetsForTest(0);
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) names.emplace_back(hwy::TargetName(target));
    if (names.empty() || names.back() != kScalar) names.emplace_back(kScalar);
    return names;
}

void use_simd_level(const std::string& name) {
    hwy::SetSupportedTargetsForTest(0);
    std::int64_t chosen = name.empty() ? hwy::SupportedTargets() : 0;
    if (name == kScalar) chosen = HWY_SCALAR;
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets())
        if (name == hwy::TargetName(target)) chosen = target;
    if (chosen == 0) throw UserError("this processor or build has no instruction set " + name);
    hwy::GetChosenTarget().Update(chosen);
}

} // namespace veilram
#endif
