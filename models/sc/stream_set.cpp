#include "models/sc/stream_set.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace veilram {

void write_stream(const StreamSource& source, unsigned level, Word* stream) {
    if (source.converter.kind == ConverterKind::lfsr)
        lfsr_stream(level, source.converter.lfsr_seed, stream);
    else
        sign_bit_stream(source.sign_row, kStreamBits, level, (*source.start)[level], stream);
}

StreamSet::StreamSet(const StreamSource& source, const LevelSet& levels) : levels_(levels) {
    if (levels.count() > kFewLevels) {
        family_ = source.converter.kind == ConverterKind::lfsr
                      ? lfsr_family(source.converter.lfsr_seed)
                      : sign_bit_family(source.sign_row, *source.start, levels);
        return;
    }
    streams_ = BitMatrix(levels.count(), kStreamBits);
    std::size_t row = 0;
    levels.for_each(
        [&](std::size_t level) { write_stream(source, static_cast<unsigned>(level), streams_.row(row++)); });
}

StreamSet::StreamSet(const LevelSet& levels, BitMatrix streams) : levels_(levels), streams_(std::move(streams)) {
    if (streams_.rows() != levels.count() || streams_.cols() != kStreamBits)
        throw ModelError(std::to_string(streams_.rows()) + " streams of " + std::to_string(streams_.cols()) +
                         " bits for " + std::to_string(levels.count()) + " levels");
}

void StreamSet::write(unsigned level, Word* stream) const {
    if (level >= kStreamBits || !levels_[level])
        throw ModelError("no stream was made for level " + std::to_string(level));
    if (family_) return write_stream(*family_, level, stream);
    std::size_t row = 0;
    for (unsigned below = 0; below < level; ++below) row += levels_[below] ? 1 : 0;
    std::copy_n(streams_.row(row), streams_.words_per_row(), stream);
}

} // namespace veilram
