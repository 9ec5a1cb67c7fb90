#include "models/arch/estimate.hpp"

#include <algorithm>
#include <numeric>

namespace veilram {

Ps pipeline_time(const std::vector<Stage>& stages, std::int64_t items) {
    if (items == 0) return Ps{};
    Ps slowest, once;
    for (const Stage& stage : stages) {
        slowest = std::max(slowest, stage.time);
        once += stage.time;
    }
    return once + slowest * (items - 1);
}

const Stage& LayerEstimate::bottleneck() const {
    return *std::max_element(stages.begin(), stages.end(),
                             [](const Stage& a, const Stage& b) { return a.time < b.time; });
}

double LayerEstimate::utilisation(const Stage& stage) const { return seconds(stage.busy) / seconds(time); }

double LayerEstimate::mean_utilisation(const Stage& stage) const {
    return seconds(stage.work) / (static_cast<double>(stage.units) * seconds(time));
}

Fj LayerEstimate::total_energy() const {
    Fj sum;
    for (const EnergyPart& part : energy) sum += part.energy;
    return sum;
}

Ps NetworkEstimate::time() const {
    Ps sum;
    for (const LayerEstimate& layer : layers) sum += layer.time;
    return sum;
}

Fj NetworkEstimate::energy() const {
    Fj sum;
    for (const LayerEstimate& layer : layers) sum += layer.total_energy();
    return sum;
}

std::int64_t NetworkEstimate::arrays() const {
    return std::accumulate(layers.begin(), layers.end(), std::int64_t{0},
                           [](std::int64_t sum, const LayerEstimate& layer) { return sum + layer.arrays; });
}

double NetworkEstimate::array_seconds() const {
    return std::accumulate(layers.begin(), layers.end(), 0.0, [](double sum, const LayerEstimate& layer) {
        return sum + static_cast<double>(layer.arrays) * seconds(layer.time);
    });
}

} // namespace veilram
