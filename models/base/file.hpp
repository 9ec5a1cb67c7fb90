// Files that are either whole or absent.
#pragma once

#include <functional>
#include <string>

namespace veilram {

/// Whole content of a file. Throws UserError naming the path.
std::string read_file(const std::string& path);

/// Throws UserError when nothing can be written to `path`: to be called before work whose result goes there.
void check_writable(const std::string& path);

/// Calls `write` with the name of a temporary file beside `path`, then renames it to `path`. When `write` throws, or
/// the disk is full, the temporary file is removed and `path` is untouched. A symbolic link is followed. Throws
/// UserError when `path` is there and is no regular file.
void write_atomically(const std::string& path, const std::function<void(const std::string& temporary)>& write);
/// The same for a text that is at hand. Throws UserError when it cannot be written completely.
void write_file(const std::string& path, const std::string& content);

} // namespace veilram
