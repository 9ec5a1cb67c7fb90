// Reading JSON that may be damaged or hostile: every access is checked and every complaint says where.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace veilram {

using Json = nlohmann::ordered_json;

/// One value of a parsed text and its path, such as `layers[2].crossbars[0].inputs`. Every member throws UserError with
/// that path. The text it was parsed from must outlive the view.
class JsonView {
public:
    JsonView(const Json& node, std::string path) : node_(node), path_(std::move(path)) {}

    bool has(const char* key) const;
    JsonView operator[](const char* key) const;
    JsonView operator[](std::size_t index) const;
    /// Number of elements of an array, at most `most`.
    std::size_t size(std::size_t most) const;

    std::int64_t integer(std::int64_t lowest, std::int64_t highest) const;
    /// As `integer`, for a range that fits an int.
    int small(int lowest, int highest) const { return static_cast<int>(integer(lowest, highest)); }
    float number() const; ///< finite
    bool flag() const;
    std::string text() const;
    std::vector<float> numbers(std::size_t most) const;
    std::vector<std::int64_t> integers(std::size_t most, std::int64_t lowest, std::int64_t highest) const;
    /// Index of the text in `names`.
    std::size_t choice(std::initializer_list<const char*> names) const;

    [[noreturn]] void fail(const std::string& problem) const;

private:
    const Json& node_;
    std::string path_;
};

} // namespace veilram
