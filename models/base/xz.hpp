// Files compressed with xz.
#pragma once

#include <string>

namespace veilram {

/// Whether `content` starts as an xz file does.
bool is_xz(const std::string& content);
/// What was compressed. Throws UserError when the content is cut off or damaged.
std::string unpack_xz(const std::string& content);

} // namespace veilram
