// What this machine can do at best, by the plainest loops on its best instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace veilram {

/// Adds `rows` rows of 64 bytes that lie one after the other to 16-bit sums, as the table kernel does but without
/// choosing rows: the rate of this loop is the roofline of row additions.
void add_rows_in_order(const std::uint8_t* table, std::size_t rows, std::uint16_t* sums);

/// ANDs `words` words of two registers' worth of data with each other and counts ones, without touching memory: the
/// roofline of counting. Returns the ones.
std::uint64_t and_popcount(std::uint64_t a, std::uint64_t b, std::size_t words);

} // namespace veilram
