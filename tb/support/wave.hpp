// Reads what a test needs of a VCD file.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace veilram::test {

/// Changes of one signal: time in units of the file, and the new value as written ("1", "b101").
using Changes = std::vector<std::pair<std::int64_t, std::string>>;

struct Wave {
    std::map<std::string, Changes> signals; ///< by full name, scopes with dots and the range: "SystemC.a.b[31:0]"
    std::string timescale;
};

/// Throws UserError when the file cannot be read.
Wave read_wave(const std::string& path);

} // namespace veilram::test
