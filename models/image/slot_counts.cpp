#include "models/image/slot_counts.hpp"

#include <algorithm>

namespace veilram {
namespace {

constexpr std::size_t kManyReads = 32; ///< from here on running sums are the cheaper way

} // namespace

void make_stream(const Program& program, const Word* sign_row, const StartTable& start, unsigned level, Word* stream) {
    if (program.converter.kind == ConverterKind::lfsr)
        lfsr_stream(level, program.converter.lfsr_seed, stream);
    else
        sign_bit_stream(sign_row, static_cast<unsigned>(program.array.cols), level, start[level], stream);
}

SlotCounts::SlotCounts(const Program& program, const Word* sign_row, const StartTable& start, BitMatrix lines,
                       std::vector<bool> negative, std::size_t reads)
    : program_(program), sign_row_(sign_row), start_(start), lines_(std::move(lines)), negative_(std::move(negative)),
      signed_counts_(kLevels * lines_.rows()), counts_(lines_.rows()) {
    if (reads < kManyReads) return;
    order_lines();
    make_running_sums();
}

void SlotCounts::order_lines() {
    if (program_.converter.kind == ConverterKind::lfsr) { // bit t is (state_t < level): the order of the states
        std::uint8_t state = program_.converter.lfsr_seed;
        for (int t = 0; t < kPositions; ++t, state = lfsr_next(state)) order_[state] = t;
        return;
    }
    const auto ones = static_cast<int>(popcount(sign_row_, words_for(kPositions)));
    zeros_ = kPositions - ones;
    int next_zero = 0, next_one = zeros_;
    for (int t = 0; t < kPositions; ++t)
        order_[get_bit(sign_row_, static_cast<std::size_t>(t)) ? next_one++ : next_zero++] = t;
}

void SlotCounts::make_running_sums() {
    running_.resize((kPositions + 1) * outputs());
    std::uint16_t* sums = running_.data();
    for (const int t : order_) {
        const std::size_t word = static_cast<std::size_t>(t) / kWordBits, bit = static_cast<std::size_t>(t) % kWordBits;
        for (std::size_t o = 0; o < outputs(); ++o)
            sums[outputs() + o] = static_cast<std::uint16_t>(sums[o] + ((lines_.row(o)[word] >> bit) & 1U));
        sums += outputs();
    }
}

void SlotCounts::add_run(int first, int last, int sign) {
    const std::uint16_t* before = running_.data() + static_cast<std::size_t>(first) * outputs();
    const std::uint16_t* after = running_.data() + static_cast<std::size_t>(last) * outputs();
    for (std::size_t o = 0; o < outputs(); ++o)
        counts_[o] = static_cast<std::uint16_t>(counts_[o] + sign * (after[o] - before[o]));
}

void SlotCounts::add_cyclic_run(int begin, int end, int first, int length, int sign) {
    const int straight = std::min(length, end - first);
    add_run(first, first + straight, sign);
    add_run(begin, begin + length - straight, sign);
}

void SlotCounts::count_by_running_sums(unsigned level) {
    std::fill(counts_.begin(), counts_.end(), std::uint16_t{0});
    const int wanted = static_cast<int>(level), ones = kPositions - zeros_;
    if (program_.converter.kind == ConverterKind::lfsr) return add_run(0, wanted, 1);

    int ones_before = 0; // in front of the start position
    for (int t = 0; t < start_[level]; ++t) ones_before += get_bit(sign_row_, static_cast<std::size_t>(t)) ? 1 : 0;
    add_run(zeros_, kPositions,
            1); // the row as it is, plus the zeros that become ones, or minus the ones that become zeros
    if (wanted > ones)
        add_cyclic_run(0, zeros_, start_[level] - ones_before, wanted - ones, 1);
    else
        add_cyclic_run(zeros_, kPositions, zeros_ + ones_before, ones - wanted, -1);
}

void SlotCounts::work_out(unsigned level) {
    if (has_running_sums()) {
        count_by_running_sums(level);
    } else {
        std::array<Word, words_for(kPositions)> stream{};
        make_stream(program_, sign_row_, start_, level, stream.data());
        read_counts(lines_, stream.data(), counts_.data());
    }
    std::int16_t* row = signed_counts_.data() + level * outputs();
    for (std::size_t o = 0; o < outputs(); ++o) {
        const int code = adc_code(counts_[o], program_.adc);
        row[o] = static_cast<std::int16_t>(negative_[o] ? -code : code);
    }
    known_[level] = true;
}

} // namespace veilram
