#include "models/config/reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numeric>
#include <optional>

namespace veilram {
namespace {

template <class Number> std::optional<Number> parse_number(const std::string& text) {
    Number value{};
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<double> parse_real(const std::string& text) {
    const auto value = parse_number<double>(text);
    return value && std::isfinite(*value) ? value : std::nullopt;
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({changed, row[j] + 1, row[j - 1] + 1}));
        }
    }
    return row.back();
}

template <class Names> std::string joined(const Names& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + std::string(name);
    return text;
}

} // namespace

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
    const std::string* best = nullptr;
    std::size_t nearest = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string& candidate : known) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance >= nearest) continue;
        nearest = distance;
        best = &candidate;
    }
    return best != nullptr ? "; did you mean '" + *best + "'?" : "; known here: " + joined(known);
}

SourcePlace FieldPlaces::of(std::string field) const {
    for (;;) {
        const auto at = places_.find(field);
        if (at != places_.end()) return at->second;
        const std::size_t dot = field.rfind('.');
        if (dot == std::string::npos) return {file_, 0, 0};
        field.resize(dot);
    }
}

Reader::Reader(const ConfigValue& root, FieldPlaces& places, Diagnostics& out) : places_(places), out_(out) {
    frames_.push_back({&root, "", {}});
}

void Reader::finish() { report_unknown_keys(frames_.back()); }

std::string Reader::full(const char* key) const {
    const std::string& path = frames_.back().path;
    return path.empty() ? key : path + "." + key;
}

void Reader::wrong(const ConfigValue& value, const char* key, const std::string& problem) {
    out_.add(value.place, full(key), problem);
}

const ConfigValue* Reader::find(const char* key, const Info& info) {
    Frame& frame = frames_.back();
    frame.asked.emplace_back(key);
    const ConfigValue* value = frame.map != nullptr ? frame.map->find(key) : nullptr;
    if (value != nullptr)
        places_.add(full(key), value->place);
    else if (info.required && frame.map != nullptr)
        out_.add(places_.of(full(key)), full(key), std::string("is missing: ") + info.help);
    return value;
}

const ConfigValue* Reader::scalar(const char* key, const Info& info, const std::string& expected) {
    const ConfigValue* value = find(key, info);
    if (value == nullptr || value->kind == ConfigValue::Kind::scalar) return value;
    wrong(*value, key, "expected " + expected + ", found " + found(*value));
    return nullptr;
}

bool Reader::wants(const char* key, bool has_value) {
    Frame& frame = frames_.back();
    const bool wanted = has_value || (frame.map != nullptr && frame.map->find(key) != nullptr);
    if (!wanted) frame.asked.emplace_back(key); // begin() notes the others
    return wanted;
}

void Reader::begin(const char* key, const Info& info) {
    const ConfigValue* value = find(key, info);
    const bool is_map = value != nullptr && value->is_map();
    if (value != nullptr && !is_map) wrong(*value, key, "expected a mapping (key: value), found " + found(*value));
    frames_.push_back({is_map ? value : nullptr, full(key), {}});
}

void Reader::end() {
    report_unknown_keys(frames_.back());
    frames_.pop_back();
}

void Reader::report_unknown_keys(const Frame& frame) {
    if (frame.map == nullptr) return;
    for (const ConfigValue& item : frame.map->items) {
        if (std::find(frame.asked.begin(), frame.asked.end(), item.key) != frame.asked.end()) continue;
        const std::string name = frame.path.empty() ? item.key : frame.path + "." + item.key;
        out_.add(item.key_place, name, "unknown key" + suggestion(item.key, frame.asked));
    }
}

void Reader::seed(const char* key, std::uint64_t& value, const Info& info) {
    const ConfigValue* given = scalar(key, info, "a whole number");
    if (given == nullptr) return;
    if (const auto number = parse_number<std::uint64_t>(given->text))
        value = *number;
    else
        wrong(*given, key,
              "expected a whole number (0.." + std::to_string(std::numeric_limits<std::uint64_t>::max()) + "), found " +
                  found(*given));
}

void Reader::flag(const char* key, bool& value, const Info& info) {
    const ConfigValue* given = scalar(key, info, "true or false");
    if (given == nullptr) return;
    if (given->text == "true" || given->text == "false")
        value = given->text == "true";
    else
        wrong(*given, key, "expected true or false, found " + found(*given));
}

void Reader::whole(const char* key, std::int64_t& value, IntRange range, const Info& info) {
    const ConfigValue* given = scalar(key, info, "a whole number");
    if (given == nullptr) return;
    const auto number = parse_number<std::int64_t>(given->text);
    if (!number)
        wrong(*given, key, "expected a whole number (" + to_text(range) + "), found " + found(*given));
    else if (*number < range.lowest || *number > range.highest)
        wrong(*given, key, given->text + " is not in " + to_text(range));
    else
        value = *number;
}

void Reader::real(const char* key, double& value, RealRange range, const Info& info) {
    const ConfigValue* given = scalar(key, info, "a number");
    if (given == nullptr) return;
    const auto number = parse_real(given->text);
    if (!number)
        wrong(*given, key, "expected a number (" + to_text(range) + "), found " + found(*given));
    else if (*number < range.lowest || *number > range.highest)
        wrong(*given, key, given->text + " is not in " + to_text(range));
    else
        value = *number;
}

void Reader::reals(const char* key, std::vector<float>& value, const Info& info) {
    const ConfigValue* given = find(key, info);
    if (given == nullptr) return;
    if (given->kind != ConfigValue::Kind::list)
        return wrong(*given, key, "expected a list of numbers, found " + found(*given));
    std::vector<float> numbers;
    for (const ConfigValue& item : given->items) {
        const auto number = item.kind == ConfigValue::Kind::scalar ? parse_number<float>(item.text) : std::nullopt;
        if (!number || !std::isfinite(*number)) return wrong(item, key, "expected a number, found " + found(item));
        numbers.push_back(*number);
    }
    value = std::move(numbers);
}

void Reader::text(const char* key, std::string& value, const Info& info) {
    if (const ConfigValue* given = scalar(key, info, "a text")) value = given->text;
}

void Reader::texts(const char* key, std::vector<std::string>& value, const Info& info) {
    const ConfigValue* given = find(key, info);
    if (given == nullptr) return;
    if (given->kind != ConfigValue::Kind::list)
        return wrong(*given, key, "expected a list of texts, found " + found(*given));
    std::vector<std::string> all;
    for (const ConfigValue& item : given->items) {
        if (item.kind != ConfigValue::Kind::scalar) return wrong(item, key, "expected a text, found " + found(item));
        all.push_back(item.text);
    }
    value = std::move(all);
}

void Reader::path(const char* key, std::string& value, const Info& info) {
    const ConfigValue* given = scalar(key, info, "a path");
    if (given == nullptr) return;
    if (given->text.empty())
        value.clear();
    else
        value = (std::filesystem::path(given->folder) / given->text).lexically_normal().string();
}

/// A physical quantity: `parse` reads it, `noun` and `how` are for messages.
template <class Quantity>
void Reader::quantity(const char* key, Quantity& value, const Info& info,
                      std::optional<Quantity> (*parse)(std::string_view), Quantity largest, const std::string& noun,
                      const std::string& how) {
    const ConfigValue* given = scalar(key, info, noun + " with its unit");
    if (given == nullptr) return;
    const auto parsed = parse(given->text);
    if (parsed && *parsed > largest)
        wrong(*given, key, given->text + " is more than " + to_string(largest));
    else if (parsed && *parsed >= Quantity{})
        value = *parsed;
    else
        wrong(*given, key, "expected " + noun + " with its unit " + how + ", found " + found(*given));
}

void Reader::time(const char* key, Ps& value, const Info& info) {
    quantity(key, value, info, parse_time, kLargestTime, "a time",
             "(ps, ns, us, ms, s), a whole number of ps, such as 50 ns");
}

void Reader::energy(const char* key, Fj& value, const Info& info) {
    quantity(key, value, info, parse_energy, kLargestEnergy, "an energy",
             "(fJ, pJ, nJ, uJ, mJ, J), a whole number of fJ, such as 1.2 pJ");
}

void Reader::power(const char* key, Nw& value, const Info& info) {
    quantity(key, value, info, parse_power, kLargestPower, "a power",
             "(nW, uW, mW, W), a whole number of nW, such as 2.4 mW");
}

void Reader::area(const char* key, Um2& value, const Info& info) {
    quantity(key, value, info, parse_area, kLargestArea, "an area",
             "(um2, mm2), a whole number of um2, such as 1200 um2");
}

void Reader::one_of(const char* key, std::size_t& index, const std::vector<const char*>& names, const Info& info) {
    const ConfigValue* given = scalar(key, info, "one of " + joined(names));
    if (given == nullptr) return;
    const auto at = std::find(names.begin(), names.end(), given->text);
    if (at != names.end())
        index = static_cast<std::size_t>(at - names.begin());
    else
        wrong(*given, key, found(*given) + " is not one of " + joined(names));
}

} // namespace veilram
