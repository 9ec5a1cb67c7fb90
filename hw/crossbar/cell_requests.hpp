// What blocks ask of non-volatile cells that are read row by row and written one by one.
#pragma once

#include "models/base/bits.hpp"
#include "models/base/units.hpp"

#include <cstdint>
#include <vector>

namespace veilram {

/// Reads of one row. The row's bits are the stored ones: masked, when the image masks its signs.
struct RowReadRequest {
    std::uint32_t row = 0;  ///< of the block; sign rows: crossbar * n + i
    std::int64_t reads = 1; ///< how often the row is read in this burst
    std::vector<Word> bits; ///< answer
};

/// One cell and the conductance level that it is to have; bits are levels 0 and 1.
struct CellWrite {
    std::uint32_t row = 0, column = 0;
    std::uint8_t level = 0;
};

/// Brings cells to absolute levels, one after another in this order: each gets a pulse for every level that it is away,
/// is read before each pulse, and once where none is needed.
struct CellWriteRequest {
    std::vector<CellWrite> cells;
    bool abandon = false; ///< first forget the pulses that were asked for before and have not begun
    Fj energy;            ///< answer: of the pulses that are not over, these and those asked for before
};

} // namespace veilram
