#include "models/config/loader.hpp"

#include "models/base/file.hpp"

#include <algorithm>
#include <filesystem>

namespace veilram {
namespace fs = std::filesystem;
namespace {

void merge(ConfigValue& base, ConfigValue&& over) {
    if (!base.is_map() || !over.is_map()) {
        base = std::move(over);
        return;
    }
    for (ConfigValue& item : over.items) {
        if (ConfigValue* old = base.find(item.key))
            merge(*old, std::move(item));
        else
            base.items.push_back(std::move(item));
    }
}

/// Reads files with their includes; knows which files are open, so that a circle is found.
class FileLoader {
public:
    explicit FileLoader(Diagnostics& out) : out_(out) {}

    ConfigValue load(const std::string& path) {
        const std::string folder = fs::path(path).parent_path().string();
        ConfigValue own = parse_yaml(read_file(path), path, folder, out_);
        if (!own.is_map()) out_.add(own.place, "", "expected a mapping (key: value), found " + found(own));
        if (!own.is_map()) out_.raise();
        const auto include =
            std::find_if(own.items.begin(), own.items.end(), [](const auto& item) { return item.key == "include"; });
        if (include == own.items.end()) return own;
        open_.push_back(fs::weakly_canonical(path).string());
        ConfigValue merged = load_includes(*include, folder);
        open_.pop_back();
        own.items.erase(include);
        merged.place = own.place;
        merged.folder = own.folder;
        merge(merged, std::move(own));
        return merged;
    }

private:
    ConfigValue load_includes(const ConfigValue& include, const std::string& folder) {
        ConfigValue merged;
        merged.kind = ConfigValue::Kind::map;
        const bool list = include.kind == ConfigValue::Kind::list;
        const std::vector<ConfigValue> names = list ? include.items : std::vector<ConfigValue>{include};
        for (const ConfigValue& name : names) load_include(name, folder, merged);
        return merged;
    }

    void load_include(const ConfigValue& name, const std::string& folder, ConfigValue& merged) {
        if (name.kind != ConfigValue::Kind::scalar)
            return out_.add(name.place, "include", "expected a file name, found " + found(name));
        const std::string path = (fs::path(folder) / name.text).lexically_normal().string();
        std::error_code error;
        if (!fs::is_regular_file(path, error)) return out_.add(name.place, "include", "no such file: " + path);
        const std::string canonical = fs::weakly_canonical(path).string();
        if (std::find(open_.begin(), open_.end(), canonical) != open_.end())
            return out_.add(name.place, "include", path + " includes itself");
        merge(merged, load(path));
    }

    Diagnostics& out_;
    std::vector<std::string> open_;
};

/// Everything in a setting stands at "--set a.b=c" and is relative to the current directory.
void put_at(ConfigValue& value, const SourcePlace& place) {
    value.place = value.key_place = place;
    for (ConfigValue& item : value.items) put_at(item, place);
}

/// `value` under the dotted `path`, as the tree that a file would give.
ConfigValue wrapped(ConfigValue value, const std::string& path, const SourcePlace& place) {
    const std::size_t dot = path.find('.');
    if (dot != std::string::npos) value = wrapped(std::move(value), path.substr(dot + 1), place);
    value.key = path.substr(0, dot);
    ConfigValue map;
    map.kind = ConfigValue::Kind::map;
    map.items.push_back(std::move(value));
    put_at(map, place);
    return map;
}

void apply_setting(ConfigValue& root, const std::string& setting, Diagnostics& out) {
    const SourcePlace place{"--set " + setting, 0, 0};
    const std::size_t equals = setting.find('=');
    const std::string path = setting.substr(0, equals);
    const std::string dotted = "." + path + ".";
    if (equals == std::string::npos || dotted.find("..") != std::string::npos)
        return out.add(place, "", "expected section.key=value, such as --set map.n=4");
    try {
        Diagnostics problems;
        ConfigValue parsed = parse_yaml("[" + setting.substr(equals + 1) + "\n]", path, "", problems);
        if (parsed.items.size() > 1) return out.add(place, path, "expected one value; a list is written [a, b]");
        if (parsed.items.empty()) parsed.items.emplace_back();
        merge(root, wrapped(std::move(parsed.items.front()), path, place));
    } catch (const ConfigError&) {
        out.add(place, path, "the value is not valid YAML");
    }
}

} // namespace

ConfigValue load_tree(const std::string& path, const std::vector<std::string>& settings, Diagnostics& out) {
    ConfigValue root = FileLoader(out).load(path);
    for (const std::string& setting : settings) apply_setting(root, setting, out);
    return root;
}

} // namespace veilram
