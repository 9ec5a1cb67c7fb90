// One description per configuration field serves reading, dumping and the reference: a config struct has one function
// `void fields(FieldVisitor& v, SomeConfig& c)` that names its fields, and the visitors do the rest.
#pragma once

#include "models/base/diagnostics.hpp"
#include "models/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace veilram {

/// What the reference says about a field, and whether its section must give it.
struct Info {
    const char* help;
    bool required = false;

    Info(const char* text) : help(text) {} // NOLINT(google-explicit-constructor): a plain text is the usual case
};
inline Info required(const char* text) {
    Info info(text);
    info.required = true;
    return info;
}

/// Allowed values, both ends included.
struct IntRange {
    std::int64_t lowest = 0;
    std::int64_t highest = std::numeric_limits<std::int64_t>::max();
};
struct RealRange {
    double lowest;
    double highest;
};
/// Largest time and energy of a field: sums over millions of events still fit 64 bits.
constexpr Ps kLargestTime{10'000'000'000};
constexpr Fj kLargestEnergy{1'000'000'000};
constexpr Nw kLargestPower{1'000'000'000'000};
constexpr Um2 kLargestArea{1'000'000'000};

/// The names of an enumeration's values, in the order the reference lists them. Each enumeration that a file may name
/// specialises it.
template <class E> using Choices = std::vector<std::pair<const char*, E>>;
template <class E> const Choices<E>& choices();

/// The configuration name of an enumerator.
template <class E> std::string name_of(E value) {
    for (const auto& [name, candidate] : choices<E>())
        if (candidate == value) return name;
    throw ModelError("an enumerator has no configuration name");
}

class FieldVisitor {
public:
    FieldVisitor() = default;
    FieldVisitor(const FieldVisitor&) = delete;
    FieldVisitor& operator=(const FieldVisitor&) = delete;
    virtual ~FieldVisitor() = default;

    /// A mapping whose fields `describe` names.
    template <class Describe> void group(const char* key, const Info& info, Describe describe) {
        begin(key, info);
        describe();
        end();
    }
    /// A mapping, described by `fields(FieldVisitor&, Config&)`.
    template <class Config> void section(const char* key, Config& config, const Info& info) {
        group(key, info, [&] { fields(*this, config); });
    }
    /// A section that may be absent as a whole.
    template <class Config> void optional_section(const char* key, std::optional<Config>& config, const Info& info) {
        if (!wants(key, config.has_value())) return;
        if (!config) config.emplace();
        section(key, *config, info);
    }
    /// What one event costs, with its source; see cost_entry.hpp. Described like a section, shown by the reference as
    /// one field.
    template <class Entry> void cost(const char* key, Entry& entry, const Info& info) {
        begin_cost(key, info);
        fields(*this, entry);
        end_cost();
    }
    /// A whole number; `range` must fit `Int`.
    template <class Int> void integer(const char* key, Int& value, IntRange range, const Info& info) {
        auto wide = static_cast<std::int64_t>(value);
        whole(key, wide, range, info);
        value = static_cast<Int>(wide);
    }
    template <class E> void choice(const char* key, E& value, const Info& info) {
        const Choices<E>& all = choices<E>();
        std::vector<const char*> names;
        std::size_t index = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            names.push_back(all[i].first);
            if (all[i].second == value) index = i;
        }
        one_of(key, index, names, info);
        value = all[index].second;
    }
    /// Of random numbers: any 64-bit number.
    virtual void seed(const char* key, std::uint64_t& value, const Info& info) = 0;
    virtual void flag(const char* key, bool& value, const Info& info) = 0;
    virtual void real(const char* key, double& value, RealRange range, const Info& info) = 0;
    virtual void reals(const char* key, std::vector<float>& value, const Info& info) = 0;
    virtual void text(const char* key, std::string& value, const Info& info) = 0;
    virtual void texts(const char* key, std::vector<std::string>& value, const Info& info) = 0;
    /// A file or folder: relative to the file that names it, in the struct relative to the current directory. May be
    /// empty.
    virtual void path(const char* key, std::string& value, const Info& info) = 0;
    virtual void time(const char* key, Ps& value, const Info& info) = 0;
    virtual void energy(const char* key, Fj& value, const Info& info) = 0;
    virtual void power(const char* key, Nw& value, const Info& info) = 0;
    virtual void area(const char* key, Um2& value, const Info& info) = 0;

protected:
    /// Whether to visit an optional section, which the struct has or has not.
    virtual bool wants(const char* key, bool has_value) = 0;
    virtual void begin(const char* key, const Info& info) = 0;
    virtual void end() = 0;
    virtual void begin_cost(const char* key, const Info& info) { begin(key, info); }
    virtual void end_cost() { end(); }
    virtual void whole(const char* key, std::int64_t& value, IntRange range, const Info& info) = 0;
    virtual void one_of(const char* key, std::size_t& index, const std::vector<const char*>& names,
                        const Info& info) = 0;
};

/// Shortest text that reads back to the same number.
std::string to_text(double value);
std::string to_text(float value);
/// "1..32", "0 or more": for messages and the reference.
std::string to_text(IntRange range);
std::string to_text(RealRange range);

} // namespace veilram
