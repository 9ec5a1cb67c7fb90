#include "models/config/describer.hpp"

namespace veilram {

std::string Describer::markdown() const {
    std::string text;
    for (const Section& section : sections_) {
        if (section.rows.empty()) continue;
        if (!section.path.empty()) text += "\n## " + section.path + "\n\n" + section.help + "\n\n";
        text += "| key | value | default | meaning |\n|---|---|---|---|\n" + section.rows;
    }
    return text;
}

void Describer::row(const char* key, const std::string& type, const std::string& value, const Info& info) {
    if (in_cost_) return;
    const std::string shown = info.required ? "(required)" : value.empty() ? "" : "`" + value + "`";
    sections_[open_.back()].rows +=
        "| `" + std::string(key) + "` | " + type + " | " + shown + " | " + info.help + " |\n";
}

bool Describer::wants(const char*, bool) { return true; }

void Describer::begin(const char* key, const Info& info) {
    const std::string& outer = sections_[open_.back()].path;
    sections_.push_back({outer.empty() ? key : outer + "." + key, info.help, ""});
    open_.push_back(sections_.size() - 1);
}
void Describer::end() { open_.pop_back(); }

void Describer::begin_cost(const char* key, const Info& info) {
    row(key, "cost", "", info);
    in_cost_ = true;
}
void Describer::end_cost() { in_cost_ = false; }

void Describer::seed(const char* key, std::uint64_t& value, const Info& info) {
    row(key, "whole number, " + to_text(IntRange{}), std::to_string(value), info);
}
void Describer::flag(const char* key, bool& value, const Info& info) {
    row(key, "`true`, `false`", value ? "true" : "false", info);
}
void Describer::whole(const char* key, std::int64_t& value, IntRange range, const Info& info) {
    row(key, "whole number, " + to_text(range), std::to_string(value), info);
}
void Describer::real(const char* key, double& value, RealRange range, const Info& info) {
    row(key, "number, " + to_text(range), to_text(value), info);
}
void Describer::reals(const char* key, std::vector<float>& value, const Info& info) {
    std::string list;
    for (const float number : value) list += (list.empty() ? "" : ", ") + to_text(number);
    row(key, "list of numbers", "[" + list + "]", info);
}
void Describer::text(const char* key, std::string& value, const Info& info) { row(key, "text", value, info); }
void Describer::texts(const char* key, std::vector<std::string>& value, const Info& info) {
    std::string list;
    for (const std::string& item : value) list += (list.empty() ? "" : ", ") + item;
    row(key, "list of texts", "[" + list + "]", info);
}
void Describer::path(const char* key, std::string& value, const Info& info) { row(key, "path", value, info); }
void Describer::time(const char* key, Ps& value, const Info& info) {
    row(key, "time with unit", to_string(value), info);
}
void Describer::energy(const char* key, Fj& value, const Info& info) {
    row(key, "energy with unit", to_string(value), info);
}

void Describer::power(const char* key, Nw& value, const Info& info) {
    row(key, "power with unit", to_string(value), info);
}
void Describer::area(const char* key, Um2& value, const Info& info) {
    row(key, "area with unit", to_string(value), info);
}

void Describer::one_of(const char* key, std::size_t& index, const std::vector<const char*>& names, const Info& info) {
    std::string list;
    for (const char* name : names) list += (list.empty() ? "`" : ", `") + std::string(name) + "`";
    row(key, list, names[index], info);
}

} // namespace veilram
