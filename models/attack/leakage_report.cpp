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

/// Row pairs under vectors that several crossbars share. Crossbars with vectors of their own are pools already.
class Pools {
public:
    Pools(const ArrayGeometry& array, const std::vector<LayerSecrets>& secrets) {
        std::map<std::vector<GslVector>, int> users;
        for (const LayerSecrets& layer : secrets)
            for (const GslVectors& gsl : layer.gsl)
                if (++users[gsl.vectors] == 2) meters_.emplace(gsl.vectors, array);
    }
    void add(const GslVectors& vectors, const BitMatrix& cells, const Leakage& alone) {
        const auto shared = meters_.find(vectors.vectors);
        if (shared == meters_.end())
            alone_.add(alone);
        else
            shared->second.add(cells, alone.row_pairs);
    }
    Leakage value() const {
        Mean mean = alone_;
        for (const auto& [vectors, meter] : meters_) mean.add(meter.against({vectors}));
        return mean.value();
    }

private:
    std::map<std::vector<GslVector>, LeakageMeter> meters_;
    Mean alone_;
};

} // namespace

LeakageReport report_leakage(const Program& program, const NvmSource& nvm, const std::vector<LayerSecrets>& secrets) {
    LeakageReport report;
    const std::vector<std::size_t> nodes = matrix_nodes(program.graph);
    Mean everywhere;
    Pools network(program.array, secrets);
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
        Pools pools(program.array, {secrets[l]});
        LeakageReport::Layer row{program.graph.nodes[nodes[l]].name, {}};
        for (std::size_t x = 0; x < each.size(); ++x) {
            mean.add(each[x]);
            everywhere.add(each[x]);
            pools.add(secrets[l].gsl[x], view.cells[x], each[x]);
            network.add(secrets[l].gsl[x], view.cells[x], each[x]);
            if (each[x].row_pairs == program.array.row_pairs())
                row.figures.worst_overlap = std::max(row.figures.worst_overlap, each[x].overlap - each[x].chance);
        }
        row.figures.crossbars = mean.value();
        row.figures.pooled = pools.value();
        report.total.worst_overlap = std::max(report.total.worst_overlap, row.figures.worst_overlap);
        report.layers.push_back(std::move(row));
    }
    report.total.crossbars = everywhere.value();
    report.total.pooled = network.value();
    return report;
}

} // namespace veilram
