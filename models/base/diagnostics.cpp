#include "models/base/diagnostics.hpp"

namespace veilram {

void Diagnostics::add(const SourcePlace& place, const std::string& field, const std::string& problem) {
    std::string line = place.file;
    if (place.line > 0) line += ":" + std::to_string(place.line);
    if (place.line > 0 && place.column > 0) line += ":" + std::to_string(place.column);
    if (!line.empty()) line += ": ";
    if (!field.empty()) line += field + ": ";
    lines_.push_back(line + problem);
}

void Diagnostics::raise() const {
    if (lines_.empty()) return;
    std::string text;
    for (const auto& line : lines_) text += (text.empty() ? "" : "\n") + line;
    throw ConfigError(text);
}

} // namespace veilram
