#include "models/arch/res_plan.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>

namespace veilram {
namespace {

/// Seconds in which one layer is written, one way.
std::vector<double> write_times(const ResWorkload& workload) {
    std::vector<double> times;
    for (const std::int64_t weights : workload.weights) {
        const std::int64_t cells = weights * workload.cells_per_weight;
        times.push_back(seconds(workload.pulse.time * ((cells + workload.writers - 1) / workload.writers)));
    }
    return times;
}

/// While a layer computes the next one is written right; writing back is waited for, as the scheduler does.
double time_with_prefetch(const std::vector<double>& writes, const NetworkEstimate& network, int batch) {
    double added = writes.front(); // nobody computes yet
    for (std::size_t l = 0; l < writes.size(); ++l) {
        if (l + 1 < writes.size()) added += std::max(0.0, writes[l + 1] - batch * seconds(network.layers[l].time));
        added += writes[l];
    }
    return added;
}

} // namespace

double ResCosts::images_until(double endurance) const {
    return writes_of_a_cell > 0.0 ? endurance / writes_of_a_cell : std::numeric_limits<double>::infinity();
}

ResCosts res_costs(const ResWorkload& workload, const NetworkEstimate& network, ResPolicy policy) {
    if (workload.weights.size() != network.layers.size() || workload.batch < 1 || workload.weights.empty())
        throw ModelError("encrypted weights of " + std::to_string(workload.weights.size()) +
                         " layers for a network of " + std::to_string(network.layers.size()));
    ResCosts costs;
    if (policy == ResPolicy::resident) return costs;
    const auto weights = std::accumulate(workload.weights.begin(), workload.weights.end(), std::int64_t{0});
    const std::vector<double> writes = write_times(workload);
    const double all = 2.0 * std::accumulate(writes.begin(), writes.end(), 0.0);
    costs.weight_writes = 2.0 * static_cast<double>(weights) / workload.batch;
    costs.cell_writes = costs.weight_writes * workload.cells_per_weight;
    costs.writing = all / workload.batch;
    costs.added =
        (policy == ResPolicy::per_layer ? all : time_with_prefetch(writes, network, workload.batch)) / workload.batch;
    costs.energy = costs.cell_writes * joules(workload.pulse.energy);
    costs.writes_of_a_cell = 2.0 / workload.batch;
    return costs;
}

} // namespace veilram
