#include "models/config/value.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace veilram {
namespace {

/// Turns yaml-cpp nodes into values. yaml-cpp counts lines from 0 and keeps duplicate keys.
class Converter {
public:
    Converter(std::string file, std::string folder, Diagnostics& out)
        : file_(std::move(file)), folder_(std::move(folder)), out_(out) {}

    SourcePlace place(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

    ConfigValue convert(const YAML::Node& node, const std::string& path) {
        ConfigValue value;
        value.place = place(node.Mark());
        value.folder = folder_;
        if (node.IsScalar()) {
            value.kind = ConfigValue::Kind::scalar;
            value.text = node.Scalar();
        } else if (node.IsSequence()) {
            value.kind = ConfigValue::Kind::list;
            for (const auto& item : node) value.items.push_back(convert(item, path));
        } else if (node.IsMap()) {
            value.kind = ConfigValue::Kind::map;
            for (const auto& item : node) add_entry(value, item.first, item.second, path);
        }
        return value;
    }

private:
    void add_entry(ConfigValue& map, const YAML::Node& key, const YAML::Node& node, const std::string& path) {
        if (!key.IsScalar()) return out_.add(place(key.Mark()), path, "expected a plain key before ':'");
        const std::string& name = key.Scalar();
        const std::string full = path.empty() ? name : path + "." + name;
        if (const ConfigValue* first = map.find(name)) {
            const std::string line = std::to_string(first->key_place.line);
            return out_.add(place(key.Mark()), full, "is given twice (first in line " + line + "): remove one");
        }
        ConfigValue value = convert(node, full);
        value.key = name;
        value.key_place = place(key.Mark());
        map.items.push_back(std::move(value));
    }

    std::string file_;
    std::string folder_;
    Diagnostics& out_;
};

} // namespace

const ConfigValue* ConfigValue::find(std::string_view wanted) const {
    if (!is_map()) return nullptr;
    const auto at =
        std::find_if(items.begin(), items.end(), [&](const ConfigValue& item) { return item.key == wanted; });
    return at == items.end() ? nullptr : &*at;
}

ConfigValue* ConfigValue::find(std::string_view wanted) {
    return const_cast<ConfigValue*>(
        std::as_const(*this).find(wanted)); // NOLINT(cppcoreguidelines-pro-type-const-cast): *this is mutable
}

std::string found(const ConfigValue& value) {
    switch (value.kind) {
    case ConfigValue::Kind::null:
        return "nothing";
    case ConfigValue::Kind::scalar:
        return "'" + value.text + "'";
    case ConfigValue::Kind::list:
        return "a list";
    case ConfigValue::Kind::map:
        break;
    }
    return "a mapping";
}

ConfigValue parse_yaml(const std::string& text, const std::string& file, const std::string& folder, Diagnostics& out) {
    Converter converter(file, folder, out);
    ConfigValue empty;
    empty.kind = ConfigValue::Kind::map;
    empty.place = {file, 0, 0};
    empty.folder = folder;
    std::vector<YAML::Node> documents;
    try {
        documents = YAML::LoadAll(text);
    } catch (const YAML::Exception& error) {
        out.add(error.mark.is_null() ? empty.place : converter.place(error.mark), "", "not valid YAML: " + error.msg);
        out.raise();
    }
    if (documents.size() > 1)
        out.add(converter.place(documents[1].Mark()), "", "expected one YAML document, found a second");
    if (documents.empty() || documents[0].IsNull()) return empty;
    return converter.convert(documents[0], "");
}

} // namespace veilram
