// From files and `--set` arguments to one merged configuration tree.
#pragma once

#include "models/config/value.hpp"

#include <string>
#include <vector>

namespace veilram {

/// Reads `path` and the files that its top-level `include:` (a path or a list of paths, relative to the file) names,
/// then applies `settings`
/// ("a.b=value", the value in YAML). Later values override earlier ones: includes in their order, the file itself, the
/// settings. Maps are merged key by key, everything else is replaced whole. Problems go to `out`; a file
/// that is missing throws UserError, one that is no YAML mapping throws ConfigError.
ConfigValue load_tree(const std::string& path, const std::vector<std::string>& settings, Diagnostics& out);

} // namespace veilram
