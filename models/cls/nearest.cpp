#include "models/cls/nearest.hpp"

#include "models/base/parallel.hpp"
#include "models/cls/distance_kernel.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>

namespace veilram {
namespace {

/// Both fit a second-level cache, at 8 KiB a matrix.
constexpr std::size_t kPoints = 32, kCentroids = 16;

/// The bits of a centroid that a matrix of this extent looks at.
void copy_part(const BitMatrix& centroid, const Extent& extent, Word* to) {
    const std::size_t words = centroid.words_per_row();
    std::fill_n(to, centroid.rows() * words, Word{0});
    for (std::size_t r = 0; r < extent.rows; ++r) {
        std::copy_n(centroid.row(r), words_for(extent.cols), to + r * words);
        if (extent.cols % kWordBits != 0)
            to[r * words + extent.cols / kWordBits] &= (Word{1} << (extent.cols % kWordBits)) - 1;
    }
}

RowLayout layout_of(const MatrixSet& set, const Extent& extent, std::size_t row_group) {
    RowLayout layout;
    layout.groups = (extent.rows + row_group - 1) / row_group;
    layout.group_words = row_group * words_for(set.cols());
    layout.group_bits = row_group * extent.cols;
    layout.last_bits = (extent.rows - (layout.groups - 1) * row_group) * extent.cols;
    return layout;
}

} // namespace

NearestSearch::NearestSearch(const MatrixSet& set, const ClusterConfig& config)
    : set_(set), config_(config), order_(set.count()) {
    std::iota(order_.begin(), order_.end(), 0U);
    std::stable_sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
        const Extent x = set_.counted(a, config_.padding), y = set_.counted(b, config_.padding);
        return std::tie(x.rows, x.cols) < std::tie(y.rows, y.cols);
    });
}

std::int64_t NearestSearch::see(const std::vector<BitMatrix>& centroids, const std::vector<std::uint32_t>& among,
                                const std::vector<char>& wanted, std::vector<Nearest>& nearest) const {
    std::vector<std::uint32_t> points;
    std::vector<std::size_t> starts; // of ranges of at most kPoints matrices of one extent
    for (const std::uint32_t p : order_) {
        if (wanted[p] == 0) continue;
        const bool joins = !starts.empty() && points.size() - starts.back() < kPoints &&
                           set_.counted(points.back(), config_.padding) == set_.counted(p, config_.padding);
        if (!joins) starts.push_back(points.size());
        points.push_back(p);
    }
    starts.push_back(points.size());
    if (among.empty()) return 0;
    parallel_for(starts.size() - 1, [&](std::size_t i) {
        see_range(centroids, among, points.data() + starts[i], starts[i + 1] - starts[i], nearest);
    });
    return static_cast<std::int64_t>(points.size() * among.size());
}

void NearestSearch::see_range(const std::vector<BitMatrix>& centroids, const std::vector<std::uint32_t>& among,
                              const std::uint32_t* points, std::size_t count, std::vector<Nearest>& nearest) const {
    const Extent extent = set_.counted(points[0], config_.padding);
    const std::size_t words = set_.words();
    std::array<const Word*, kPoints> matrices{};
    for (std::size_t i = 0; i < count; ++i) matrices[i] = set_.matrices[points[i]].row(0);
    std::vector<Word> parts(kCentroids * words);
    std::array<const Word*, kCentroids> part{};
    for (std::size_t j = 0; j < kCentroids; ++j) part[j] = parts.data() + j * words;
    std::array<std::uint32_t, kPoints * kCentroids> distances{};
    for (std::size_t first = 0; first < among.size(); first += kCentroids) {
        const std::size_t here = std::min(kCentroids, among.size() - first);
        for (std::size_t j = 0; j < here; ++j) copy_part(centroids[among[first + j]], extent, parts.data() + j * words);
        if (config_.distance == ClusterDistance::hamming)
            hamming_distances(matrices.data(), count, part.data(), here, words, distances.data());
        else
            flipped_distances(matrices.data(), count, part.data(), here, layout_of(set_, extent, config_.row_group),
                              distances.data());
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t j = 0; j < here; ++j) nearest[points[i]].see(among[first + j], distances[i * here + j]);
    }
}

} // namespace veilram
