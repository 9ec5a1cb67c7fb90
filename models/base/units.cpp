#include "models/base/units.hpp"

#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace veilram {
namespace {

using Scale = std::pair<const char*, std::int64_t>;
constexpr std::array<Scale, 5> kTimes{{{"ps", 1}, {"ns", 1'000}, {"us", 1'000'000}, {"ms", 1'000'000'000}, {"s", 1'000'000'000'000}}};
constexpr std::array<Scale, 6> kEnergies{{{"fJ", 1},
                                          {"pJ", 1'000},
                                          {"nJ", 1'000'000},
                                          {"uJ", 1'000'000'000},
                                          {"mJ", 1'000'000'000'000},
                                          {"J", 1'000'000'000'000'000}}};

constexpr std::array<Scale, 4> kPowers{{{"nW", 1}, {"uW", 1'000}, {"mW", 1'000'000}, {"W", 1'000'000'000}}};
constexpr std::array<Scale, 2> kAreas{{{"um2", 1}, {"mm2", 1'000'000}}};

template <std::size_t N> std::optional<std::int64_t> parse(std::string_view text, const std::array<Scale, N>& scales) {
    const std::string copy(text);
    char* end = nullptr;
    const long double number = std::strtold(copy.c_str(), &end);
    if (end == copy.c_str() || !std::isfinite(number)) return std::nullopt;
    std::string_view unit = text.substr(static_cast<std::size_t>(end - copy.c_str()));
    while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
    for (const auto& [name, factor] : scales) {
        if (unit != name) continue;
        const long double ticks = number * static_cast<long double>(factor);
        const long double whole = std::round(ticks);
        if (std::abs(ticks - whole) > 1e-6L || std::abs(whole) > 9.0e18L) return std::nullopt;
        return static_cast<std::int64_t>(whole);
    }
    return std::nullopt;
}

/// Largest unit in which the value has at most three decimals.
template <std::size_t N> std::string print(std::int64_t value, const std::array<Scale, N>& scales) {
    for (std::size_t i = N; i-- > 1;) {
        const auto& [name, factor] = scales[i];
        const std::int64_t milli = factor / 1000;
        if (std::abs(value) < factor || value % milli != 0) continue;
        std::string text = std::to_string(value / factor);
        std::string decimals = std::to_string(1000 + std::abs(value % factor) / milli).substr(1);
        while (!decimals.empty() && decimals.back() == '0') decimals.pop_back();
        return text + (decimals.empty() ? "" : "." + decimals) + " " + name;
    }
    return std::to_string(value) + " " + scales[0].first;
}

} // namespace

std::optional<Ps> parse_time(std::string_view text) {
    const auto ticks = parse(text, kTimes);
    return ticks ? std::optional<Ps>(Ps{*ticks}) : std::nullopt;
}
std::optional<Fj> parse_energy(std::string_view text) {
    const auto ticks = parse(text, kEnergies);
    return ticks ? std::optional<Fj>(Fj{*ticks}) : std::nullopt;
}
std::optional<Nw> parse_power(std::string_view text) {
    const auto ticks = parse(text, kPowers);
    return ticks ? std::optional<Nw>(Nw{*ticks}) : std::nullopt;
}
std::optional<Um2> parse_area(std::string_view text) {
    const auto ticks = parse(text, kAreas);
    return ticks ? std::optional<Um2>(Um2{*ticks}) : std::nullopt;
}
std::string to_string(Ps time) { return print(time.value, kTimes); }
std::string to_string(Fj energy) { return print(energy.value, kEnergies); }
std::string to_string(Nw power) { return print(power.value, kPowers); }
std::string to_string(Um2 area) { return print(area.value, kAreas); }

} // namespace veilram
