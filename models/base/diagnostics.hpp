// How the project tells users what they did wrong.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace veilram {

/// The user's mistake: a bad file, value or argument. The text names the file and the field, says what was expected
/// and how to mend it. The program prints it and exits with code 2.
class UserError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A position in a text file; line and column count from 1, 0 means unknown.
struct SourcePlace {
    std::string file;
    int line = 0;
    int column = 0;
};

/// Collects every problem of a configuration so that a user sees all of them at once, one per line, like a compiler:
/// `configs/default.yaml:7:12: map.n: 0 is not in 1..32`.
class Diagnostics {
public:
    void add(const SourcePlace& place, const std::string& field, const std::string& problem);
    bool empty() const { return lines_.empty(); }
    const std::vector<std::string>& lines() const { return lines_; }
    /// Throws ConfigError with every collected line, if there is any.
    void raise() const;

private:
    std::vector<std::string> lines_;
};

/// One or more problems of a configuration file or of a `--set` argument.
class ConfigError : public UserError {
public:
    using UserError::UserError;
};

/// A broken invariant of the model itself: our mistake, exit code 3.
class ModelError : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

} // namespace veilram
