// Looks for secrets in what a program prints and writes.
#pragma once

#include "models/protect/secrets.hpp"

#include <string>
#include <unordered_set>
#include <vector>

namespace veilram::test {

/// A text that must not show secrets.
class SecretSearch {
public:
    explicit SecretSearch(std::string text);

    /// True when 4 or 8 neighbouring bytes of the secret stand in the text: as hexadecimal digits, decimal numbers or
    /// the binary numbers of a VCD file, in either byte order. Numbers that are short by chance count for nothing.
    bool shows(const Bytes& secret) const;

private:
    bool shows_number(std::uint64_t number, unsigned bits) const;

    std::string text_; ///< in lower case
    std::unordered_set<std::string> words_;
};

/// Everything that must stay secret of a layer, each as its bytes in memory: vectors, start table, mask key, sums of
/// weights.
std::vector<Bytes> secret_bytes(const LayerSecrets& secrets);

} // namespace veilram::test
