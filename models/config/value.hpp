// A YAML document as a tree in which every value knows where it was written.
#pragma once

#include "models/base/diagnostics.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace veilram {

/// One value of a configuration. The children of a map carry their key.
struct ConfigValue {
    enum class Kind { null, scalar, list, map };

    Kind kind = Kind::null;
    std::string key;       ///< under which the parent map holds it
    SourcePlace key_place; ///< where the key stands
    SourcePlace place;     ///< where the value stands
    std::string folder;    ///< relative paths in this value start here; empty: the current directory
    std::string text;      ///< of a scalar
    std::vector<ConfigValue> items;

    bool is_map() const { return kind == Kind::map; }
    /// The child with this key, or nullptr.
    const ConfigValue* find(std::string_view wanted) const;
    ConfigValue* find(std::string_view wanted);
};

/// "nothing", "'text'", "a list" or "a mapping": what a message says was found.
std::string found(const ConfigValue& value);

/// Parses one YAML document; an empty text is an empty map. A second document, a duplicate key and a key that is no
/// scalar go to `out`; a text that is not YAML at all throws ConfigError with everything in `out`. `file` is what
/// messages call the text.
ConfigValue parse_yaml(const std::string& text, const std::string& file, const std::string& folder, Diagnostics& out);

} // namespace veilram
