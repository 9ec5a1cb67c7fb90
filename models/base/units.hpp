// Physical quantities as integers: time in picoseconds, energy in femtojoules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace veilram {

/// An integer quantity of one dimension; quantities of different dimensions do not mix.
template <class Tag> struct Quantity {
    std::int64_t value = 0;

    constexpr Quantity() = default;
    constexpr explicit Quantity(std::int64_t v) : value(v) {}

    constexpr Quantity& operator+=(Quantity other) {
        value += other.value;
        return *this;
    }
    friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.value + b.value); }
    friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.value - b.value); }
    friend constexpr Quantity operator*(Quantity a, std::int64_t n) { return Quantity(a.value * n); }
    friend constexpr Quantity operator*(std::int64_t n, Quantity a) { return a * n; }
    friend constexpr bool operator==(Quantity a, Quantity b) { return a.value == b.value; }
    friend constexpr bool operator!=(Quantity a, Quantity b) { return a.value != b.value; }
    friend constexpr bool operator<(Quantity a, Quantity b) { return a.value < b.value; }
    friend constexpr bool operator>(Quantity a, Quantity b) { return b < a; }
    friend constexpr bool operator<=(Quantity a, Quantity b) { return !(b < a); }
    friend constexpr bool operator>=(Quantity a, Quantity b) { return !(a < b); }
};

using Ps = Quantity<struct PicosecondTag>;
using Fj = Quantity<struct FemtojouleTag>;

/// What one event costs: the time it adds and the energy it takes.
struct Cost {
    Ps time;
    Fj energy;
};

/// "1.5 ns" -> Ps{1500}. Units: ps ns us ms s. Nothing when the text is malformed or not a whole picosecond.
std::optional<Ps> parse_time(std::string_view text);
/// "120 fJ" -> Fj{120}. Units: fJ pJ nJ uJ mJ J. Nothing when the text is malformed or not a whole femtojoule.
std::optional<Fj> parse_energy(std::string_view text);

/// The shortest exact text that parse_time reads back, such as "1500 ps" -> "1.5 ns".
std::string to_string(Ps time);
std::string to_string(Fj energy);

constexpr double seconds(Ps time) { return static_cast<double>(time.value) * 1e-12; }
constexpr double joules(Fj energy) { return static_cast<double>(energy.value) * 1e-15; }

} // namespace veilram
