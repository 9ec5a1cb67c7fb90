// Physical quantities as integers: time in picoseconds, energy in femtojoules, power in nanowatts, area in square
// micrometres.
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
using Nw = Quantity<struct NanowattTag>;
using Um2 = Quantity<struct SquareMicrometreTag>;

/// What one event costs: the time it adds and the energy it takes.
struct Cost {
    Ps time;
    Fj energy;
};

/// What a component draws while it works, and its area.
struct Component {
    Nw power;
    Um2 area;
};

/// "1.5 ns" -> Ps{1500}. Units: ps ns us ms s. Nothing when the text is malformed or not a whole picosecond.
std::optional<Ps> parse_time(std::string_view text);
/// "120 fJ" -> Fj{120}. Units: fJ pJ nJ uJ mJ J. Nothing when the text is malformed or not a whole femtojoule.
std::optional<Fj> parse_energy(std::string_view text);

/// "2.4 mW" -> Nw{2'400'000}. Units: nW uW mW W.
std::optional<Nw> parse_power(std::string_view text);
/// "0.0096 mm2" -> Um2{9600}. Units: um2 mm2.
std::optional<Um2> parse_area(std::string_view text);

/// The shortest exact text that parse_time reads back, such as "1500 ps" -> "1.5 ns".
std::string to_string(Ps time);
std::string to_string(Fj energy);
std::string to_string(Nw power);
std::string to_string(Um2 area);

constexpr double seconds(Ps time) { return static_cast<double>(time.value) * 1e-12; }
constexpr double joules(Fj energy) { return static_cast<double>(energy.value) * 1e-15; }
constexpr double microseconds(Ps time) { return static_cast<double>(time.value) * 1e-6; }
constexpr double microjoules(Fj energy) { return static_cast<double>(energy.value) * 1e-9; }
constexpr double watts(Nw power) { return static_cast<double>(power.value) * 1e-9; }
constexpr double square_millimetres(Um2 area) { return static_cast<double>(area.value) * 1e-6; }
/// What a power takes in a time, to the nearest femtojoule.
constexpr Fj energy_of(Nw power, Ps time) {
    return Fj{static_cast<std::int64_t>(watts(power) * seconds(time) * 1e15 + 0.5)};
}

} // namespace veilram
