// What the tile controller asks of either converter.
#pragma once

#include "hw/converter/conversion_source.hpp"
#include "models/sc/stream_set.hpp"

#include <cstdint>

namespace veilram {

/// A burst of conversions for one slot: every distinct level once.
struct ConversionRequest {
    std::uint32_t layer = 0; ///< whose table of start positions counts
    std::uint32_t crossbar = 0;
    std::uint32_t row = 0;            ///< sign row of the slot's pair: slot modulo n
    const LevelSet* levels = nullptr; ///< distinct levels
    std::uint8_t lfsr_seed = 1;       ///< public; for the LFSR converter
    std::int64_t conversions = 0;     ///< conversions that the burst stands for
    bool clocked = false;             ///< part of the burst takes place clock by clock
    ConversionSource source;          ///< answer, for the part that is clocked
    StreamSet streams;                ///< answer: a stream a level
};

} // namespace veilram
