// What a converter drives the word lines with in one burst.
#pragma once

#include "models/sc/stream_family.hpp"

#include <optional>

namespace veilram {

/// From what a slot's streams are made. Points to what it is given.
struct StreamSource {
    ConverterConfig converter;
    const Word* sign_row = nullptr;    ///< stored row of the sign crossbar, kStreamBits bits; unused by the LFSR
    const StartTable* start = nullptr; ///< unused by the LFSR
};

/// The stream of one level, kStreamBits bits.
void write_stream(const StreamSource& source, unsigned level, Word* stream);

/// The streams of some levels: few are kept bit by bit, many as a family.
class StreamSet {
public:
    StreamSet() = default;
    StreamSet(const StreamSource& source, const LevelSet& levels);
    /// Whatever made them: row i of `streams` is that of the i-th lowest level. Throws ModelError when rows are missing.
    StreamSet(const LevelSet& levels, BitMatrix streams);

    const LevelSet& levels() const { return levels_; }
    /// Null when the streams are kept bit by bit.
    const StreamFamily* family() const { return family_ ? &*family_ : nullptr; }
    /// Bit by bit: row i has the stream of the i-th lowest level.
    const BitMatrix& streams() const { return streams_; }
    /// Writes the stream of one of levels().
    void write(unsigned level, Word* stream) const;

private:
    LevelSet levels_;
    std::optional<StreamFamily> family_;
    BitMatrix streams_;
};

/// Up to this many levels, counting every stream for itself is cheaper than running sums over all word lines
/// (docs/performance.md).
constexpr std::size_t kFewLevels = 3;

} // namespace veilram
