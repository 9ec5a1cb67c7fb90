#include "models/mapping/output_search.hpp"

#include "models/base/diagnostics.hpp"
#include "models/mapping/sample_kernel.hpp"
#include "models/nn/quantise.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <type_traits>
#include <utility>

namespace veilram {
namespace {

constexpr float kProductShare = 0.3F; ///< of the objective of single products
constexpr FlipSearch::Effort kEffort{2400, 100};

template <class Value> double mean_of(const Value* values, std::size_t count) {
    using Sum = std::conditional_t<std::is_integral_v<Value>, std::int64_t, Value>;
    return static_cast<double>(std::accumulate(values, values + count, Sum{0})) / static_cast<double>(count);
}

} // namespace

OutputSearch::OutputSearch(const GslVectors& vectors, const ArrayGeometry& array,
                           const std::vector<StreamSource>& sources, const std::vector<const LevelShares*>& levels,
                           const SlotSamples& samples, double spread)
    : cols_(static_cast<std::size_t>(array.cols)), cells_(2 * cols_), samples_(samples),
      window_(std::min(samples.count, kWindow)),
      products_(vectors, array, sources, levels, spread / static_cast<double>(kProductShare)) {
    if (samples.levels.size() != levels.size() || samples.count == 0 || samples.count % kSampleStep != 0)
        throw ModelError("the output search needs samples for each slot, a multiple of " + std::to_string(kSampleStep) +
                         " of them");
    for (const StreamSource& source : sources) {
        BitMatrix streams(kLevels, cols_);
        for (unsigned level = 0; level < kLevels; ++level) write_stream(source, level, streams.row(level));
        streams_.push_back(std::move(streams));
    }
    for (std::size_t slot = 0; slot < levels.size(); ++slot)
        if (levels[slot] != nullptr)
            add_slot(slot, *levels[slot], vectors.of_slot(static_cast<int>(slot), array.segments()), array.segment);
}

void OutputSearch::add_slot(std::size_t number, const LevelShares& shares, const GslVector& vector, int segment) {
    Slot slot;
    slot.number = number;
    slot.zero = shares.zero;
    slot.levels = samples_.levels[number];
    slot.streams = &streams_[number % streams_.size()];
    slot.even.resize(words_for(cols_));
    slot.drive.resize(cols_ * window_);
    for (std::size_t t = 0; t < cols_; ++t) {
        const bool even = get_bit(vector.data(), t / static_cast<std::size_t>(segment));
        slot.cell.push_back(even ? t : cols_ + t);
        set_bit(slot.even.data(), t, even);
        std::array<std::int8_t, kLevels> on{};
        for (std::size_t level = 0; level < kLevels; ++level) on[level] = slot.streams->get(level, t) ? 1 : 0;
        for (std::size_t i = 0; i < window_; ++i) slot.drive[t * window_ + i] = on[slot.levels[in_window(i)]];
    }
    slots_.push_back(std::move(slot));
}

/// The covariance, over the samples, of what two cells add to the output.
void OutputSearch::fill_matrix(const std::vector<bool>& negative, Scratch& scratch) const {
    scratch.sums.assign(cells_ * window_, 0);
    for (const Slot& slot : slots_)
        for (std::size_t t = 0; t < cols_; ++t)
            add_bytes(slot.drive.data() + t * window_, negative[slot.number] ? -1 : 1, window_,
                      scratch.sums.data() + slot.cell[t] * window_);
    scratch.rows.assign(scratch.sums.begin(), scratch.sums.end());
    scratch.gram.resize(cells_ * cells_);
    scratch.matrix.resize(cells_ * cells_);
    gram_of_samples(scratch.rows.data(), cells_, window_, scratch.gram.data());
    std::vector<double> mean;
    for (std::size_t c = 0; c < cells_; ++c) mean.push_back(mean_of(scratch.rows.data() + c * window_, window_));
    const double share = 1.0 / static_cast<double>(window_);
    for (std::size_t c = 0; c < cells_; ++c)
        for (std::size_t d = 0; d < cells_; ++d) {
            const std::size_t at = c * cells_ + d;
            scratch.matrix[at] = static_cast<float>(scratch.gram[at] * share - mean[c] * mean[d]) +
                                 kProductShare * products_.matrix()[at];
        }
}

void OutputSearch::share_matrix() {
    Scratch scratch;
    fill_matrix(std::vector<bool>(samples_.levels.size()), scratch);
    shared_ = std::move(scratch.matrix);
}

std::vector<double> OutputSearch::wanted(const RowPair& pair) const {
    std::vector<double> wanted(window_);
    for (const Slot& slot : slots_) {
        const double weight = (pair.negative[slot.number] ? -1.0 : 1.0) * pair.targets[slot.number] / kLevels;
        for (std::size_t i = 0; i < window_; ++i) wanted[i] += weight * slot.levels[in_window(i)];
    }
    const double mean = mean_of(wanted.data(), window_);
    for (double& value : wanted) value -= mean;
    return wanted;
}

/// A cell adds to the output where its word line is on, and that follows from the slots' levels. So what matters of the
/// samples is, for each slot and level, the sum of what is left to be done where the slot has that level: what is
/// wanted, in the window that the matrix is made from, and what the other row pairs are off, in all samples.
std::vector<float> OutputSearch::slope(const RowPair& pair, const std::int32_t* errors) const {
    const std::size_t count = samples_.count;
    const std::vector<double> wanted = this->wanted(pair);
    const double mean_error = mean_of(errors, count);
    std::vector<float> slope = products_.slope(pair.targets);
    for (float& value : slope) value *= kProductShare;
    for (const Slot& slot : slots_) {
        std::array<double, kLevels> to_add{};
        std::array<std::int64_t, kLevels> off{}, occurs{};
        for (std::size_t i = 0; i < window_; ++i) to_add[slot.levels[in_window(i)]] += wanted[i];
        for (std::size_t i = 0; i < count; ++i) {
            off[slot.levels[i]] += errors[i];
            ++occurs[slot.levels[i]];
        }
        std::vector<std::pair<std::size_t, double>> left; // by level that occurs
        for (std::size_t level = 0; level < kLevels; ++level) {
            if (occurs[level] == 0) continue;
            const double excess = static_cast<double>(off[level]) - static_cast<double>(occurs[level]) * mean_error;
            const double both =
                excess / (kLevels * static_cast<double>(count)) - to_add[level] / static_cast<double>(window_);
            left.emplace_back(level, pair.negative[slot.number] ? -both : both);
        }
        for (std::size_t t = 0; t < cols_; ++t) {
            double sum = 0.0;
            for (const auto& [level, value] : left) sum += slot.streams->get(level, t) ? value : 0.0;
            slope[slot.cell[t]] += static_cast<float>(sum);
        }
    }
    return slope;
}

void OutputSearch::improve(const RowPair& pair, const std::int32_t* errors, Scratch& scratch) const {
    if (shared_.empty()) fill_matrix(pair.negative, scratch);
    const std::vector<float>& matrix = shared_.empty() ? scratch.matrix : shared_;
    FlipSearch(cols_, kEffort).improve(matrix.data(), slope(pair, errors).data(), pair.even, pair.odd);
}

void OutputSearch::add_errors(const RowPair& pair, int sign, std::int32_t* errors) const {
    std::vector<Word> line(words_for(cols_));
    for (const Slot& slot : slots_) {
        for (std::size_t w = 0; w < line.size(); ++w)
            line[w] = (slot.even[w] & pair.even[w]) | (~slot.even[w] & pair.odd[w]);
        const int factor = pair.negative[slot.number] ? -sign : sign;
        std::array<std::int32_t, kLevels> off{};
        for (int level = 0; level < kLevels; ++level) {
            const Word* stream = slot.streams->row(static_cast<std::size_t>(level));
            int count = 0;
            for (std::size_t w = 0; w < line.size(); ++w) count += static_cast<int>(popcount(stream[w] & line[w]));
            off[static_cast<std::size_t>(level)] =
                factor * (kLevels * count - pair.targets[slot.number] * (level - slot.zero));
        }
        for (std::size_t i = 0; i < samples_.count; ++i) errors[i] += off[slot.levels[i]];
    }
}

} // namespace veilram
