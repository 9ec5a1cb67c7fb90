// Signed counts of one slot of a crossbar for every level: what one read gives, worked out ahead of the reads.
#pragma once

#include "models/base/bits.hpp"
#include "models/image/program.hpp"
#include "models/sc/streams.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

/// The stream of `level` for a slot whose sign row is stored as `sign_row`.
void make_stream(const Program& program, const Word* sign_row, const StartTable& start, unsigned level, Word* stream);

/// Bit-identical to converting, reading and digitising each level for itself. Works out a level when it is first asked
/// for: bit by packed bit for few reads; for many from running sums, since every stream is a run of one order of the
/// word lines.
class SlotCounts {
public:
    /// `lines` are the slot's logical bit lines, one for each output; `sign_row` the slot's stored row of the sign
    /// crossbar; `negative` the true signs. Keeps references to `program`, `sign_row` and `start`. `reads` says how
    /// often of_level() will be called.
    SlotCounts(const Program& program, const Word* sign_row, const StartTable& start, BitMatrix lines,
               std::vector<bool> negative, std::size_t reads);

    /// One signed count for each output.
    const std::int16_t* of_level(std::uint8_t level) {
        if (!known_[level]) work_out(level);
        return signed_counts_.data() + level * outputs();
    }

private:
    static constexpr int kPositions = 256;

    std::size_t outputs() const { return lines_.rows(); }
    bool has_running_sums() const { return !running_.empty(); }
    void order_lines();
    void make_running_sums();
    void work_out(unsigned level);
    void count_by_running_sums(unsigned level);
    /// Adds or takes away what the lines hold at places first..last-1 of the order.
    void add_run(int first, int last, int sign);
    /// The same for `length` places from `first` on, round and round within begin..end-1.
    void add_cyclic_run(int begin, int end, int first, int length, int sign);

    const Program& program_;
    const Word* sign_row_;
    const StartTable& start_;
    const BitMatrix lines_;
    const std::vector<bool> negative_;
    std::array<bool, kLevels> known_{};
    std::vector<std::int16_t> signed_counts_; ///< [levels][outputs]
    std::vector<std::uint16_t> counts_;       ///< of the level in work
    std::array<int, kPositions>
        order_{};                        ///< LFSR: by state. Sign-bit: the row's zeros, then its ones, each by position
    int zeros_ = 0;                      ///< of the sign row
    std::vector<std::uint16_t> running_; ///< [0..256][outputs]: ones of each line at the first places of the order
};

} // namespace veilram
