#include "models/base/file.hpp"

#include "models/base/diagnostics.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace veilram {
namespace fs = std::filesystem;

std::string read_file(const std::string& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) throw UserError(path + ": is a folder, expected a file");
    std::ifstream in(path, std::ios::binary);
    if (!in) throw UserError(path + ": cannot open: " + std::strerror(errno));
    std::ostringstream content;
    content << in.rdbuf();
    if (in.bad()) throw UserError(path + ": cannot read: " + std::strerror(errno));
    return content.str();
}

namespace {

/// Where the content goes: a symbolic link is followed, and what is there already must be a file.
fs::path target_of(const std::string& path) {
    std::error_code error;
    const fs::file_type there = fs::status(path, error).type();
    if (there != fs::file_type::regular && there != fs::file_type::not_found)
        throw UserError(path + ": cannot write: " +
                        (error ? error.message() : "it is there and is no regular file; choose another name"));
    fs::path target = path;
    while (fs::is_symlink(target)) target = target.parent_path() / fs::read_symlink(target);
    return target;
}

fs::path temporary_beside(const fs::path& target) { return target.string() + ".part" + std::to_string(::getpid()); }

} // namespace

void check_writable(const std::string& path) {
    const fs::path temporary = temporary_beside(target_of(path));
    if (!std::ofstream(temporary)) throw UserError(path + ": cannot write: " + std::strerror(errno));
    fs::remove(temporary);
}

void write_atomically(const std::string& path, const std::function<void(const std::string&)>& write) {
    const fs::path target = target_of(path), temporary = temporary_beside(target);
    try {
        write(temporary.string());
        std::error_code error;
        fs::rename(temporary, target, error);
        if (error) throw UserError(path + ": cannot write: " + error.message());
    } catch (...) {
        std::error_code ignored;
        fs::remove(temporary, ignored);
        throw;
    }
}

void write_file(const std::string& path, const std::string& content) {
    write_atomically(path, [&](const std::string& temporary) {
        std::ofstream out(temporary, std::ios::binary);
        out << content;
        out.close();
        if (!out) throw UserError(path + ": cannot write: " + std::strerror(errno));
    });
}

} // namespace veilram
