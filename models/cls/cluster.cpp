#include "models/cls/cluster.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/parallel.hpp"
#include "models/base/progress.hpp"
#include "models/base/random.hpp"
#include "models/cls/nearest.hpp"
#include "models/cls/votes.hpp"

#include <boost/random/uniform_int_distribution.hpp>

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace veilram {
namespace {

class KMeans {
public:
    KMeans(const MatrixSet& set, const std::vector<std::size_t>& first, const ClusterConfig& config)
        : set_(set), config_(config), search_(set, config), nearest_(set.count()), dirty_(first.size(), 1),
          members_(first.size()) {
        for (const std::size_t p : first) result_.centroids.push_back(set.matrices.at(p));
        changed_.resize(first.size());
        std::iota(changed_.begin(), changed_.end(), 0U);
    }

    Clustering run() {
        Progress progress("clustering rounds", static_cast<std::size_t>(config_.rounds));
        assign();
        while (result_.rounds < config_.rounds && move_centroids()) {
            assign();
            ++result_.rounds;
            progress.step();
        }
        for (const Nearest& nearest : nearest_) {
            result_.cluster_of.push_back(nearest.cluster);
            result_.distances.push_back(nearest.distance);
        }
        return std::move(result_);
    }

private:
    /// Brings nearest_ up to date after the centroids of changed_ moved.
    void assign() {
        const std::size_t clusters = result_.centroids.size();
        std::vector<char> moved(clusters, 0);
        for (const std::uint32_t c : changed_) moved[c] = 1;
        std::vector<Nearest> now = nearest_;
        std::vector<std::uint32_t> bounds; // what each matrix knows of the centroids that stayed
        for (Nearest& nearest : now) {
            bounds.push_back(nearest.others);
            const bool lost = nearest.cluster == Nearest::kNone || moved[nearest.cluster] != 0;
            if (lost) nearest = {};
            nearest.others = Nearest::kNone;
        }
        result_.distances_made += search_.see(result_.centroids, changed_, std::vector<char>(now.size(), 1), now);
        look_at_the_rest(moved, bounds, now);
        note_moves(now);
        nearest_ = std::move(now);
    }

    /// A matrix whose centroid moved away needs the distances from those that stayed, unless all of them are known to
    /// be farther; for the others a bound on these distances will do.
    void look_at_the_rest(const std::vector<char>& moved, const std::vector<std::uint32_t>& bounds,
                          std::vector<Nearest>& now) {
        std::vector<std::uint32_t> stayed;
        for (std::uint32_t c = 0; c < moved.size(); ++c)
            if (moved[c] == 0) stayed.push_back(c);
        std::vector<char> open(now.size(), 0);
        for (std::size_t p = 0; p < now.size() && !stayed.empty(); ++p) {
            const bool lost = nearest_[p].cluster == Nearest::kNone || moved[nearest_[p].cluster] != 0;
            if (lost && now[p].distance >= bounds[p])
                open[p] = 1;
            else
                now[p].others = std::min(now[p].others, bounds[p]);
        }
        result_.distances_made += search_.see(result_.centroids, stayed, open, now);
    }

    void note_moves(const std::vector<Nearest>& now) {
        for (std::vector<std::uint32_t>& members : members_) members.clear();
        for (std::uint32_t p = 0; p < now.size(); ++p) {
            members_[now[p].cluster].push_back(p);
            if (nearest_[p].cluster == now[p].cluster) continue;
            dirty_[now[p].cluster] = 1;
            if (nearest_[p].cluster != Nearest::kNone) dirty_[nearest_[p].cluster] = 1;
        }
    }

    /// New centroids for the clusters whose members changed. False when no centroid did.
    bool move_centroids() {
        std::vector<BitMatrix> made(dirty_.size());
        parallel_for(dirty_.size(), [&](std::size_t c) {
            if (dirty_[c] != 0 && !members_[c].empty()) made[c] = centroid_of(c);
        });
        changed_.clear();
        for (std::uint32_t c = 0; c < made.size(); ++c) {
            const bool moves = made[c].rows() > 0 && made[c] != result_.centroids[c];
            if (moves) {
                result_.centroids[c] = std::move(made[c]);
                changed_.push_back(c);
            }
            // With flips, the members face a new centroid with other rows flipped, which may move it once more.
            dirty_[c] = moves && config_.distance == ClusterDistance::flipped ? 1 : 0;
        }
        return !changed_.empty();
    }

    BitMatrix centroid_of(std::size_t c) const {
        Votes votes(set_);
        for (const std::uint32_t p : members_[c]) {
            const Extent extent = set_.counted(p, config_.padding);
            if (config_.distance == ClusterDistance::hamming)
                votes.add(set_.matrices[p], extent, nullptr);
            else
                votes.add(set_.matrices[p], extent, row_flips(p, extent, result_.centroids[c]).data());
        }
        return votes.majority();
    }

    std::vector<Word> row_flips(std::uint32_t p, const Extent& extent, const BitMatrix& centroid) const {
        const BitMatrix differ = difference(set_.matrices[p], centroid, extent);
        std::vector<Word> flips(words_for(set_.rows()));
        for (std::size_t first = 0; first < extent.rows; first += config_.row_group) {
            const std::size_t last = std::min(first + config_.row_group, extent.rows);
            const std::size_t words = differ.words_per_row();
            const std::size_t ones = popcount(differ.row(first), (last - first) * words);
            if (2 * ones > (last - first) * extent.cols)
                for (std::size_t r = first; r < last; ++r) set_bit(flips.data(), r, true);
        }
        return flips;
    }

    const MatrixSet& set_;
    const ClusterConfig config_;
    const NearestSearch search_;
    std::vector<Nearest> nearest_;
    std::vector<std::uint32_t> changed_;              ///< centroids that moved last
    std::vector<char> dirty_;                         ///< clusters whose centroid may be another one now
    std::vector<std::vector<std::uint32_t>> members_; ///< of each cluster
    Clustering result_;
};

} // namespace

std::size_t Clustering::size_of(std::size_t cluster) const {
    return static_cast<std::size_t>(std::count(cluster_of.begin(), cluster_of.end(), cluster));
}

std::vector<std::size_t> first_members(std::size_t count, std::size_t k, std::uint64_t seed) {
    if (k > count) throw ModelError(std::to_string(k) + " clusters of " + std::to_string(count) + " matrices");
    std::vector<std::size_t> all(count);
    std::iota(all.begin(), all.end(), std::size_t{0});
    Rng rng = make_rng(seed, "cls");
    for (std::size_t i = 0; i < k; ++i)
        std::swap(all[i], all[boost::random::uniform_int_distribution<std::size_t>(i, count - 1)(rng)]);
    all.resize(k);
    return all;
}

Clustering cluster(const MatrixSet& set, const std::vector<std::size_t>& first, const ClusterConfig& config) {
    const bool known = std::all_of(first.begin(), first.end(), [&](std::size_t p) { return p < set.count(); });
    if (first.empty() || !known || config.row_group < 1)
        throw ModelError(std::to_string(first.size()) + " first centroids do not fit " + std::to_string(set.count()) +
                         " matrices");
    return KMeans(set, first, config).run();
}

} // namespace veilram
