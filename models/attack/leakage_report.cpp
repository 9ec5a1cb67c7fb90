#include "models/attack/leakage_report.hpp"

#include "models/base/parallel.hpp"

#include <algorithm>
#include <map>

namespace veilram {
namespace {

/// Mean weighted by row pairs.
class Mean {
public:
    void add(const Leakage& leakage) {
        const double weight = leakage.row_pairs;
        sum_.overlap += weight * leakage.overlap;
        sum_.chance += weight * leakage.chance;
        sum_.energy_ratio += weight * leakage.energy_ratio;
        sum_.row_pairs += leakage.row_pairs;
    }
    Leakage value() const {
        const double all = std::max(sum_.row_pairs, 1);
        return {sum_.overlap / all, sum_.chance / all, sum_.energy_ratio / all, sum_.row_pairs};
    }

private:
    Leakage sum_;
};

/// Crossbars under the same vectors.
using Pools = std::map<std::vector<GslVector>, LeakageMeter>;

Leakage pooled(const Pools& pools) {
    Mean mean;
    for (const auto& [vectors, meter] : pools) mean.add(meter.against({vectors}));
    return mean.value();
}

} // namespace

LeakageReport report_leakage(const Program& program, const NvmSource& nvm, const std::vector<LayerSecrets>& secrets) {
    LeakageReport report;
    const std::vector<std::size_t> nodes = matrix_nodes(program.graph);
    Mean everywhere;
    Pools network;
    for (std::size_t l = 0; l < program.layers.size(); ++l) {
        const LayerProgram& layer = program.layers[l];
        const NvmView view = nvm.view(layer.first_crossbar, layer.crossbars.size());
        std::vector<Leakage> each(layer.crossbars.size());
        parallel_for(each.size(), [&](std::size_t x) {
            LeakageMeter meter(program.array);
            meter.add(view.cells[x], layer.crossbars[x].outputs);
            each[x] = meter.against(secrets.at(l).gsl.at(x));
        });
        Mean mean;
        Pools pools;
        LeakageReport::Layer row{program.graph.nodes[nodes[l]].name, {}};
        for (std::size_t x = 0; x < each.size(); ++x) {
            mean.add(each[x]);
            everywhere.add(each[x]);
            if (each[x].row_pairs == program.array.row_pairs())
                row.figures.worst_overlap = std::max(row.figures.worst_overlap, each[x].overlap - each[x].chance);
            for (Pools* all : {&pools, &network})
                all->try_emplace(secrets[l].gsl[x].vectors, program.array)
                    .first->second.add(view.cells[x], layer.crossbars[x].outputs);
        }
        row.figures.crossbars = mean.value();
        row.figures.pooled = pooled(pools);
        report.total.worst_overlap = std::max(report.total.worst_overlap, row.figures.worst_overlap);
        report.layers.push_back(std::move(row));
    }
    report.total.crossbars = everywhere.value();
    report.total.pooled = pooled(network);
    return report;
}

} // namespace veilram
