#include "models/mapping/mapper.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/parallel.hpp"
#include "models/mapping/output_search.hpp"
#include "models/sc/crossbar_read.hpp"

#include <boost/random/uniform_int_distribution.hpp>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace veilram {
namespace {

constexpr std::int32_t kNoInput = -1;
constexpr int kSweeps = 2; ///< over the crossbars of an output

// Of the balanced scheme's profiles, measured: docs/reproduction.md.
constexpr double kAccurateSigma = 28.0, kHardenedSigma = 12.0, kHardenedSpread = 0.01;

void check_plan(const CrossbarPlan& plan, const ArrayGeometry& array, const GslVectors& vectors) {
    if (plan.inputs.size() != static_cast<std::size_t>(vectors.slots()) || plan.outputs > array.row_pairs())
        throw ModelError("a crossbar plan of " + std::to_string(plan.inputs.size()) + " slots and " +
                         std::to_string(plan.outputs) + " outputs does not fit " + std::to_string(vectors.count()) +
                         " GSL vectors and " + std::to_string(array.row_pairs()) + " row pairs");
}

/// The signed weight that slot `slot` of row pair `pair` stands for; the slot must be in use.
int weight_of(const QuantWeights& weights, const CrossbarPlan& plan, std::size_t slot, int pair) {
    return weights.at(plan.group * weights.shape.outputs + plan.first_output + pair, plan.inputs[slot]);
}

/// Turns on `count` of the cells first..first+size-1 of a row, each choice of cells equally likely.
void place_ones(Word* row, std::size_t first, int size, int count, Rng& rng) {
    for (int cell = 0; cell < size; ++cell) {
        boost::random::uniform_int_distribution<int> draw(0, size - cell - 1);
        if (draw(rng) >= count) continue;
        set_bit(row, first + static_cast<std::size_t>(cell), true);
        --count;
    }
}

void place_row_pair(const BlsSolution& solution, const ArrayGeometry& array, int pair, BitMatrix& cells, Rng& rng) {
    for (int j = 0; j < 2 * array.segments(); ++j) {
        const int row = 2 * pair + j / array.segments();
        const int first = j % array.segments() * array.segment;
        place_ones(cells.row(static_cast<std::size_t>(row)), static_cast<std::size_t>(first), array.segment,
                   solution.segment_ones[static_cast<std::size_t>(j)], rng);
    }
}

/// Sign crossbar: where the sign of slot `slot`, row pair `pair` lives.
struct SignPlace {
    std::size_t row, col;
};
SignPlace sign_place(const ArrayGeometry& array, int n, std::size_t slot, int pair) {
    const auto vectors = static_cast<std::size_t>(n);
    const std::size_t half = slot < vectors ? 0 : static_cast<std::size_t>(array.row_pairs());
    return {slot % vectors, half + static_cast<std::size_t>(pair)};
}

/// What the slots of one crossbar ask of its cells.
struct SlotsToFit {
    const CrossbarPlan& plan;
    const CellFit& fit;
    std::vector<StreamSource> sources;      ///< by vector
    std::vector<const LevelShares*> levels; ///< by slot, null where unused
    double spread = 0.0;

    SlotsToFit(const MappedCrossbar& crossbar, const CrossbarPlan& plan_, const GslVectors& vectors,
               const CellFit& fit_)
        : plan(plan_), fit(fit_), levels(plan_.inputs.size()) {
        const MatrixShape& shape = fit.weights.shape;
        const std::size_t inputs = static_cast<std::size_t>(shape.groups) * static_cast<std::size_t>(shape.inputs);
        if (fit.levels.empty() || inputs % fit.levels.size() != 0)
            throw ModelError("levels of " + std::to_string(fit.levels.size()) + " channels for " +
                             std::to_string(inputs) + " inputs");
        for (std::size_t i = 0; i < vectors.vectors.size(); ++i)
            sources.push_back({fit.converter, crossbar.signs.row(i), &fit.start});
        for (std::size_t slot = 0; slot < levels.size(); ++slot)
            if (plan.inputs[slot] != kNoInput) levels[slot] = &fit.levels[input(slot) / (inputs / fit.levels.size())];
        if (balanced()) spread = with_profile(fit.map).spread;
    }

    bool balanced() const { return fit.map.scheme == MapScheme::balanced; }
    std::size_t input(std::size_t slot) const {
        return static_cast<std::size_t>(plan.group * fit.weights.shape.inputs + plan.inputs[slot]);
    }
    std::vector<int> targets(int pair) const {
        std::vector<int> all(levels.size(), BlsProblem::kFree);
        for (std::size_t slot = 0; slot < all.size(); ++slot) {
            if (levels[slot] == nullptr) continue;
            const int weight = weight_of(fit.weights, plan, slot, pair);
            all[slot] = balanced() ? line_of_zero(fit.map.scheme) + weight : std::abs(weight);
        }
        return all;
    }
    std::vector<bool> negative(int pair) const {
        std::vector<bool> all(levels.size());
        for (std::size_t slot = 0; slot < all.size(); ++slot)
            all[slot] = !balanced() && levels[slot] != nullptr && weight_of(fit.weights, plan, slot, pair) < 0;
        return all;
    }
    /// Every crossbar looks at another part of them.
    SlotSamples samples(std::size_t crossbar) const {
        SlotSamples all{std::vector<const std::uint8_t*>(levels.size()), fit.samples.count, 0};
        all.first = crossbar * OutputSearch::kWindow % fit.samples.count;
        for (std::size_t slot = 0; slot < levels.size(); ++slot)
            if (levels[slot] != nullptr) all.levels[slot] = fit.samples.levels_of(input(slot));
        return all;
    }
};

/// The outputs of crossbars that hold the same ones, and what these are off in each sample.
class OutputBlock {
public:
    OutputBlock(const CrossbarPlan& plan, const CellFit& fit)
        : samples_(fit.samples.count), errors_(static_cast<std::size_t>(plan.outputs) * samples_) {
        parallel_for(static_cast<std::size_t>(plan.outputs),
                     [&](std::size_t o) { set_exact(plan, fit, o, errors_.data() + o * samples_); });
    }

    /// Fits the cells of one more crossbar, number `index` of the block, or of one `again`.
    void fit(BitMatrix& cells, const SlotsToFit& slots, const GslVectors& vectors, std::size_t index, bool again) {
        OutputSearch search(vectors, slots.fit.array, slots.sources, slots.levels, slots.samples(index), slots.spread);
        if (slots.balanced()) search.share_matrix();
        parallel_ranges(static_cast<std::size_t>(slots.plan.outputs), 1, [&](std::size_t first, std::size_t last) {
            OutputSearch::Scratch scratch;
            for (std::size_t o = first; o < last; ++o) {
                const int number = static_cast<int>(o);
                const RowPair pair{slots.targets(number), slots.negative(number), cells.row(2 * o),
                                   cells.row(2 * o + 1)};
                std::int32_t* errors = errors_.data() + o * samples_;
                if (again) search.add_errors(pair, -1, errors);
                search.improve(pair, errors, scratch);
                search.add_errors(pair, 1, errors);
            }
        });
    }

private:
    /// What output `o` of the block is off while its products are exact: the inputs are not what they were when the
    /// wanted outputs were taken, and weights are rounded.
    static void set_exact(const CrossbarPlan& plan, const CellFit& fit, std::size_t o, std::int32_t* errors) {
        const MatrixShape& shape = fit.weights.shape;
        const int output = plan.group * shape.outputs + plan.first_output + static_cast<int>(o);
        const std::int32_t* wanted = fit.samples.wanted_of(static_cast<std::size_t>(output));
        for (std::size_t i = 0; i < fit.samples.count; ++i) errors[i] = -wanted[i];
        for (int k = 0; k < shape.inputs; ++k) {
            const std::int32_t weight = fit.weights.at(output, k);
            const std::uint8_t* levels = fit.samples.levels_of(static_cast<std::size_t>(plan.group * shape.inputs + k));
            for (std::size_t i = 0; i < fit.samples.count; ++i) errors[i] += weight * levels[i];
        }
    }

    std::size_t samples_;
    std::vector<std::int32_t> errors_; ///< [outputs][samples], in 1/256 counts
};

} // namespace

MapConfig with_profile(MapConfig config) {
    const bool hardened = config.profile == MapProfile::hardened;
    if (config.sigma == 0.0) config.sigma = hardened ? kHardenedSigma : kAccurateSigma;
    if (config.spread == 0.0) config.spread = hardened ? kHardenedSpread : 0.0;
    return config;
}

QuantWeights quantise_for(const MapConfig& config, const Op& op, WeightScale mode) {
    return config.scheme == MapScheme::balanced ? quantise_to_deviation(op, with_profile(config).sigma)
                                                : quantise_weights(op, mode);
}

std::vector<CrossbarPlan> plan_layer(const MatrixShape& shape, const ArrayGeometry& array, const MapConfig& config,
                                     bool sees_pixels) {
    const bool spare = sees_pixels && config.pixel_slots > 0;
    const int slots = spare ? std::min(config.pixel_slots, config.slots()) : config.slots();
    const auto places = static_cast<std::size_t>(2 * config.vectors());
    std::vector<CrossbarPlan> plans;
    for (int group = 0; group < shape.groups; ++group)
        for (int first_output = 0; first_output < shape.outputs; first_output += array.row_pairs())
            for (int first_input = 0; first_input < shape.inputs; first_input += slots) {
                CrossbarPlan plan;
                plan.group = group;
                plan.first_output = first_output;
                plan.outputs = std::min(array.row_pairs(), shape.outputs - first_output);
                for (int input = first_input; input < first_input + slots; ++input)
                    plan.inputs.push_back(input < shape.inputs ? input : kNoInput);
                plan.inputs.resize(places, kNoInput);
                plans.push_back(std::move(plan));
            }
    return plans;
}

MappedCrossbar map_crossbar(const QuantWeights& weights, const CrossbarPlan& plan, const ArrayGeometry& array,
                            const GslVectors& vectors, BlsSolver& solver, Rng& rng) {
    check_plan(plan, array, vectors);
    MappedCrossbar mapped;
    mapped.cells = BitMatrix(static_cast<std::size_t>(array.rows), static_cast<std::size_t>(array.cols));
    mapped.signs = BitMatrix(vectors.vectors.size(), static_cast<std::size_t>(array.sign_bits()));

    BlsProblem problem;
    problem.vectors = &vectors;
    problem.segments = array.segments();
    problem.segment = array.segment;
    std::int64_t error = 0;
    std::int64_t used = 0;
    for (int pair = 0; pair < plan.outputs; ++pair) {
        problem.targets.assign(plan.inputs.size(), BlsProblem::kFree);
        for (std::size_t slot = 0; slot < plan.inputs.size(); ++slot) {
            if (plan.inputs[slot] == kNoInput) continue;
            const int weight = weight_of(weights, plan, slot, pair);
            const SignPlace place = sign_place(array, vectors.count(), slot, pair);
            problem.targets[slot] = std::abs(weight);
            mapped.signs.set(place.row, place.col, weight < 0);
            ++used;
        }
        const BlsSolution solution = solver.solve(problem, rng);
        error += bls_objective(problem, solution);
        place_row_pair(solution, array, pair, mapped.cells, rng);
    }
    mapped.mean_abs_error = used == 0 ? 0.0 : static_cast<double>(error) / static_cast<double>(used);
    return mapped;
}

MappedCrossbar random_crossbar(const ArrayGeometry& array, const GslVectors& vectors, Rng& rng) {
    MappedCrossbar crossbar;
    crossbar.cells = BitMatrix(static_cast<std::size_t>(array.rows), static_cast<std::size_t>(array.cols));
    crossbar.signs = BitMatrix(vectors.vectors.size(), static_cast<std::size_t>(array.sign_bits()));
    for (std::size_t row = 0; row < crossbar.cells.rows(); ++row)
        for (std::size_t word = 0; word < crossbar.cells.words_per_row(); ++word) crossbar.cells.row(row)[word] = rng();
    return crossbar;
}

void fit_cells(MappedCrossbar& crossbar, const CrossbarPlan& plan, const GslVectors& vectors, const CellFit& fit) {
    check_plan(plan, fit.array, vectors);
    const SlotsToFit slots(crossbar, plan, vectors, fit);
    CellSearch search(vectors, fit.array, slots.sources, slots.levels, slots.spread);
    for (int pair = 0; pair < plan.outputs; ++pair) {
        const auto even = static_cast<std::size_t>(2 * pair);
        search.improve(slots.targets(pair), crossbar.cells.row(even), crossbar.cells.row(even + 1));
    }
}

void fit_outputs(std::vector<MappedCrossbar>& crossbars, const std::vector<CrossbarPlan>& plans,
                 const std::vector<GslVectors>& vectors, const CellFit& fit) {
    const auto same_outputs = [&](std::size_t a, std::size_t b) {
        return plans[a].group == plans[b].group && plans[a].first_output == plans[b].first_output;
    };
    for (std::size_t first = 0, last = 0; first < plans.size(); first = last) {
        while (last < plans.size() && same_outputs(first, last)) ++last;
        OutputBlock block(plans[first], fit);
        for (int sweep = 0; sweep < kSweeps; ++sweep)
            for (std::size_t x = first; x < last; ++x) {
                const SlotsToFit slots(crossbars[x], plans[x], vectors[x], fit);
                block.fit(crossbars[x].cells, slots, vectors[x], x - first, sweep > 0);
            }
    }
}

std::vector<std::int32_t> realised_weights(const MappedCrossbar& crossbar, const CrossbarPlan& plan, MapScheme scheme,
                                           const ArrayGeometry& array, const GslVectors& vectors) {
    check_plan(plan, array, vectors);
    const auto outputs = static_cast<std::size_t>(plan.outputs);
    std::vector<std::int32_t> realised(plan.inputs.size() * outputs, 0);
    for (std::size_t slot = 0; slot < plan.inputs.size(); ++slot) {
        if (plan.inputs[slot] == kNoInput) continue;
        const GslVector vector = vectors.of_slot(static_cast<int>(slot), array.segments());
        const BitMatrix lines = logical_lines(crossbar.cells, array, vector, plan.outputs);
        for (std::size_t o = 0; o < outputs; ++o) {
            const auto ones = static_cast<std::int32_t>(popcount(lines.row(o), lines.words_per_row()));
            const SignPlace place = sign_place(array, vectors.count(), slot, static_cast<int>(o));
            const bool negative = scheme == MapScheme::paper && crossbar.signs.get(place.row, place.col);
            realised[slot * outputs + o] = negative ? -ones : ones - line_of_zero(scheme);
        }
    }
    return realised;
}

} // namespace veilram
