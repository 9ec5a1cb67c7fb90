#include "models/cls/share_network.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

namespace veilram {
namespace {

/// Planes that share with each other.
struct Group {
    int highest = 0, lowest = 0;
    double ratio = 1.0;
};

std::vector<Group> groups_of(const ClsConfig& config) {
    if (config.planes < 1 || config.planes > kPlanes || config.crossbar < 1)
        throw ModelError(std::to_string(config.planes) + " planes on crossbars of " + std::to_string(config.crossbar));
    std::vector<Group> groups;
    if (config.plane_ratios.empty()) {
        groups.push_back({config.planes - 1, 0, config.ratio});
        for (int plane = config.planes; plane < kPlanes; ++plane) groups.push_back({plane, plane, 1.0});
        return groups;
    }
    if (config.plane_ratios.size() != kPlanes)
        throw ModelError(std::to_string(config.plane_ratios.size()) + " ratios for " + std::to_string(kPlanes) +
                         " planes");
    for (int plane = 0; plane < kPlanes; ++plane) {
        const double ratio = config.plane_ratios[static_cast<std::size_t>(kPlanes - 1 - plane)];
        groups.push_back({plane, plane, plane < config.planes ? ratio : 1.0});
    }
    return groups;
}

/// Crossbars that nobody shares.
ShareStorage unshared(const MatrixSet& set) {
    ShareStorage storage;
    storage.matrices = storage.clusters = storage.singletons = set.count();
    storage.largest = 1;
    storage.cells_before = static_cast<std::int64_t>(set.count() * set.rows() * set.cols());
    storage.centroid_cells = storage.bounding_cells = storage.cells_before;
    return storage;
}

double error_of(const std::vector<QuantWeights>& before, const std::vector<QuantWeights>& after) {
    double error = 0.0, all = 0.0;
    for (std::size_t l = 0; l < before.size(); ++l) {
        const double scale = before[l].scale.front(); // one a tensor
        for (std::size_t i = 0; i < before[l].q.size(); ++i) {
            const double q = scale * std::abs(before[l].q[i]);
            error += std::pow(scale * std::abs(after[l].q[i]) - q, 2);
            all += q * q;
        }
    }
    return all > 0.0 ? std::sqrt(error / all) : 0.0;
}

void note_planes(const PlaneSet& planes, const std::vector<std::int64_t>& clustered,
                 const std::vector<std::int64_t>& mismatches, SharedNetwork& network) {
    for (std::size_t i = 0; i < planes.places.size(); ++i) {
        PlaneMismatch& plane = network.planes.at(static_cast<std::size_t>(planes.places[i].plane));
        plane.bits += static_cast<std::int64_t>(planes.set.extents[i].cells());
        plane.clustered += clustered[i];
        plane.mismatches += mismatches[i];
    }
}

void share_group(const PlaneSet& planes, const Group& group, const ClsConfig& config, std::vector<QuantWeights>& layers,
                 SharedNetwork& network) {
    const std::size_t count = planes.set.count();
    const auto k = static_cast<std::size_t>(std::floor(group.ratio * static_cast<double>(count)));
    if (group.ratio >= 1.0) {
        network.storage += unshared(planes.set);
        const std::vector<std::int64_t> none(count, 0);
        note_planes(planes, none, none, network);
        return;
    }
    const std::vector<std::size_t> first = first_members(count, std::max<std::size_t>(k, 1), config.seed);
    const Shared shared = share(planes.set, first, config.share);
    std::vector<BitMatrix> rebuilt;
    for (std::size_t i = 0; i < count; ++i) rebuilt.push_back(shared.rebuilt(planes.set, i));
    recompose(planes.places, rebuilt, layers);
    network.storage += shared.storage(planes.set, config.share);
    network.pairs += shared.pairs;
    note_planes(planes, shared.clustered, shared.mismatches, network);
}

} // namespace

PlaneMismatch SharedNetwork::total() const {
    PlaneMismatch total;
    for (const PlaneMismatch& plane : planes) {
        total.bits += plane.bits;
        total.clustered += plane.clustered;
        total.mismatches += plane.mismatches;
    }
    return total;
}

SharedNetwork share_network(const Graph& graph, const ClsConfig& config) {
    const std::vector<QuantWeights> layers = quantised_weights(graph);
    std::vector<QuantWeights> changed = layers;
    SharedNetwork network;
    network.quantised = with_magnitudes(graph, layers);
    const PlaneSet all = decompose(layers, static_cast<std::size_t>(config.crossbar));
    for (const Group& group : groups_of(config)) {
        const PlaneSet planes = part_of(
            all, [&](const PlanePlace& place) { return place.plane <= group.highest && place.plane >= group.lowest; });
        share_group(planes, group, config, changed, network);
    }
    network.shared = with_magnitudes(graph, changed);
    network.weight_error = error_of(layers, changed);
    return network;
}

} // namespace veilram
