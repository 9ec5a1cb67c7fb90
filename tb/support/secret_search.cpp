#include "tb/support/secret_search.hpp"

#include <algorithm>
#include <bitset>
#include <cctype>
#include <iomanip>
#include <sstream>
#include <utility>

namespace veilram::test {
namespace {

constexpr std::uint64_t kSmall = 1U << 24U; ///< numbers below may stand anywhere by chance

/// 16 digits.
std::string hexadecimal(std::uint64_t number) {
    std::ostringstream digits;
    digits << std::hex << std::setw(16) << std::setfill('0') << number;
    return digits.str();
}

/// As a VCD file has it: without leading zeros.
std::string binary(std::uint64_t number) {
    const std::string digits = std::bitset<64>(number).to_string();
    return "b" + digits.substr(digits.find('1'));
}

std::uint64_t little_endian(const std::uint8_t* bytes, unsigned bits) {
    std::uint64_t number = 0;
    for (unsigned i = 0; i < bits / 8; ++i) number |= std::uint64_t{bytes[i]} << 8 * i;
    return number;
}

std::uint64_t swapped(std::uint64_t number, unsigned bits) { return __builtin_bswap64(number) >> (64 - bits); }

} // namespace

SecretSearch::SecretSearch(std::string text) : text_(std::move(text)) {
    std::transform(text_.begin(), text_.end(), text_.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string word;
    for (const char c : text_ + " ") {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-')
            word += c;
        else if (!word.empty())
            words_.insert(std::exchange(word, ""));
    }
}

bool SecretSearch::shows(const Bytes& secret) const {
    for (const unsigned bits : {32U, 64U})
        for (std::size_t at = 0; at + bits / 8 <= secret.size(); at += bits / 8) {
            const std::uint64_t number = little_endian(secret.data() + at, bits);
            if (shows_number(number, bits) || shows_number(swapped(number, bits), bits)) return true;
        }
    return false;
}

bool SecretSearch::shows_number(std::uint64_t number, unsigned bits) const {
    if (number < kSmall) return false;
    if (words_.count(binary(number)) != 0 || words_.count(std::to_string(number)) != 0) return true;
    if (bits == 32) return words_.count(std::to_string(static_cast<std::int32_t>(number))) != 0;
    return text_.find(hexadecimal(number)) != std::string::npos;
}

std::vector<Bytes> secret_bytes(const LayerSecrets& secrets) {
    std::vector<Bytes> strings;
    const auto add = [&](const void* data, std::size_t size) {
        const auto* bytes = static_cast<const std::uint8_t*>(data);
        strings.emplace_back(bytes, bytes + size);
    };
    for (const auto& crossbar : secrets.gsl)
        for (const auto& vector : crossbar.vectors) add(vector.data(), vector.size() * sizeof(Word));
    add(secrets.start.data(), secrets.start.size());
    add(secrets.mask_key.data(), secrets.mask_key.size());
    add(secrets.weight_sums.data(), secrets.weight_sums.size() * sizeof(std::int32_t));
    for (const SignFlip& flip : secrets.flips) add(&flip, offsetof(SignFlip, at_rest));
    return strings;
}

} // namespace veilram::test
