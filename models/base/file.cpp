#include "models/base/file.hpp"

#include "models/base/diagnostics.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

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

void write_atomically(const std::string& path, const std::function<void(const std::string&)>& write) {
    const std::string temporary = path + ".part" + std::to_string(::getpid());
    try {
        write(temporary);
        std::error_code error;
        fs::rename(temporary, path, error);
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
