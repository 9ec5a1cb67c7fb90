#include "models/config/visitor.hpp"

#include <array>
#include <charconv>

namespace veilram {
namespace {

template <class Number> std::string shortest(Number value) {
    std::array<char, 64> buffer{};
    const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return {buffer.data(), result.ptr};
}

} // namespace

std::string to_text(double value) { return shortest(value); }
std::string to_text(float value) { return shortest(value); }

std::string to_text(IntRange range) {
    if (range.highest == std::numeric_limits<std::int64_t>::max()) return std::to_string(range.lowest) + " or more";
    return std::to_string(range.lowest) + ".." + std::to_string(range.highest);
}
std::string to_text(RealRange range) { return to_text(range.lowest) + ".." + to_text(range.highest); }

} // namespace veilram
