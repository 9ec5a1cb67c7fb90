#include "models/image/json_view.hpp"

#include "models/base/diagnostics.hpp"

#include <cmath>

namespace veilram {

void JsonView::fail(const std::string& problem) const {
    throw UserError("layer program: " + (path_.empty() ? std::string("top level") : path_) + ": " + problem +
                    "; the image is damaged or foreign, compile the network again");
}

bool JsonView::has(const char* key) const { return node_.is_object() && node_.contains(key); }

JsonView JsonView::operator[](const char* key) const {
    if (!node_.is_object()) fail("expected an object");
    const auto found = node_.find(key);
    if (found == node_.end()) fail("'" + std::string(key) + "' is missing");
    return {*found, path_.empty() ? key : path_ + "." + key};
}

JsonView JsonView::operator[](std::size_t index) const {
    if (!node_.is_array() || index >= node_.size()) fail("element " + std::to_string(index) + " is missing");
    return {node_[index], path_ + "[" + std::to_string(index) + "]"};
}

std::size_t JsonView::size(std::size_t most) const {
    if (!node_.is_array()) fail("expected an array");
    if (node_.size() > most)
        fail("has " + std::to_string(node_.size()) + " elements, expected at most " + std::to_string(most));
    return node_.size();
}

std::int64_t JsonView::integer(std::int64_t lowest, std::int64_t highest) const {
    if (!node_.is_number_integer()) fail("expected an integer");
    const bool huge = node_.is_number_unsigned() && node_.get<std::uint64_t>() > INT64_MAX;
    const auto value = huge ? INT64_MAX : node_.get<std::int64_t>();
    if (huge || value < lowest || value > highest)
        fail(node_.dump() + " is not in " + std::to_string(lowest) + ".." + std::to_string(highest));
    return value;
}

float JsonView::number() const {
    if (!node_.is_number()) fail("expected a number");
    const auto value = static_cast<float>(node_.get<double>());
    if (!std::isfinite(value)) fail("expected a finite number");
    return value;
}

bool JsonView::flag() const {
    if (!node_.is_boolean()) fail("expected true or false");
    return node_.get<bool>();
}

std::string JsonView::text() const {
    if (!node_.is_string()) fail("expected a text");
    return node_.get<std::string>();
}

std::vector<float> JsonView::numbers(std::size_t most) const {
    std::vector<float> values(size(most));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = (*this)[i].number();
    return values;
}

std::vector<std::int64_t> JsonView::integers(std::size_t most, std::int64_t lowest, std::int64_t highest) const {
    std::vector<std::int64_t> values(size(most));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = (*this)[i].integer(lowest, highest);
    return values;
}

std::size_t JsonView::choice(std::initializer_list<const char*> names) const {
    const std::string name = text();
    std::string choices;
    std::size_t index = 0;
    for (const char* candidate : names) {
        if (name == candidate) return index;
        choices += (index++ == 0 ? "" : ", ") + std::string(candidate);
    }
    fail("'" + name + "' is not one of " + choices);
}

} // namespace veilram
