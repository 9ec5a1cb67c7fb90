// Integers in byte buffers, least significant byte first: the order of every binary layout of the project.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

inline void store_u32(std::uint8_t* bytes, std::uint32_t value) {
    for (int i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

inline std::uint32_t load_u32(const std::uint8_t* bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value |= static_cast<std::uint32_t>(bytes[i]) << (8 * i);
    return value;
}

inline std::uint64_t load_u64(const std::uint8_t* bytes) {
    return load_u32(bytes) | static_cast<std::uint64_t>(load_u32(bytes + 4)) << 32;
}

inline void append_u32(std::vector<std::uint8_t>& bytes, std::uint32_t value) {
    bytes.resize(bytes.size() + 4);
    store_u32(bytes.data() + bytes.size() - 4, value);
}

} // namespace veilram
