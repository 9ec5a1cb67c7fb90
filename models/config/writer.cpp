#include "models/config/writer.hpp"

#include <array>
#include <cstdio>
#include <filesystem>

namespace veilram {
namespace fs = std::filesystem;
namespace {

/// Always quoted: no text can then be taken for a null, a number or a comment.
std::string yaml_quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') result += '\\';
        if (byte < 0x20 || byte == 0x7f) {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), "\\x%02x", byte);
            result += escape.data();
        } else {
            result += c;
        }
    }
    return result + "\"";
}

} // namespace

void Writer::line(const char* key, const std::string& value) {
    yaml_ += std::string(2 * depth_, ' ') + key + ":" + (value.empty() ? "" : " ") + value + "\n";
}

bool Writer::wants(const char*, bool has_value) { return has_value; }

void Writer::begin(const char* key, const Info&) {
    line(key, "");
    ++depth_;
}
void Writer::end() { --depth_; }

void Writer::seed(const char* key, std::uint64_t& value, const Info&) { line(key, std::to_string(value)); }
void Writer::flag(const char* key, bool& value, const Info&) { line(key, value ? "true" : "false"); }
void Writer::whole(const char* key, std::int64_t& value, IntRange, const Info&) { line(key, std::to_string(value)); }
void Writer::real(const char* key, double& value, RealRange, const Info&) { line(key, to_text(value)); }
void Writer::text(const char* key, std::string& value, const Info&) { line(key, yaml_quoted(value)); }
void Writer::time(const char* key, Ps& value, const Info&) { line(key, to_string(value)); }
void Writer::energy(const char* key, Fj& value, const Info&) { line(key, to_string(value)); }
void Writer::power(const char* key, Nw& value, const Info&) { line(key, to_string(value)); }
void Writer::area(const char* key, Um2& value, const Info&) { line(key, to_string(value)); }

void Writer::reals(const char* key, std::vector<float>& value, const Info&) {
    std::string list;
    for (const float number : value) list += (list.empty() ? "" : ", ") + to_text(number);
    line(key, "[" + list + "]");
}

void Writer::texts(const char* key, std::vector<std::string>& value, const Info&) {
    std::string list;
    for (const std::string& item : value) list += (list.empty() ? "" : ", ") + yaml_quoted(item);
    line(key, "[" + list + "]");
}

void Writer::path(const char* key, std::string& value, const Info&) {
    if (value.empty() || fs::path(value).is_absolute()) return line(key, yaml_quoted(value));
    const fs::path from = fs::absolute(folder_).lexically_normal();
    line(key, yaml_quoted(fs::absolute(value).lexically_normal().lexically_relative(from).string()));
}

void Writer::one_of(const char* key, std::size_t& index, const std::vector<const char*>& names, const Info&) {
    line(key, names[index]);
}

} // namespace veilram
