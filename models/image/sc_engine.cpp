#include "models/image/sc_engine.hpp"

#include "models/base/diagnostics.hpp"
#include "models/image/slot_counts.hpp"

#include <string>

namespace veilram {
namespace {

std::vector<LayerQuant> quants_of(const Program& program) {
    std::vector<LayerQuant> quants;
    for (const LayerProgram& layer : program.layers) quants.push_back(layer.quant);
    return quants;
}

std::vector<MatrixShape> shapes_of(const Program& program) {
    std::vector<MatrixShape> shapes;
    for (const std::size_t node : matrix_nodes(program.graph))
        shapes.push_back(matrix_shape(program.graph.nodes[node].op));
    return shapes;
}

/// Column of the sign row that holds the sign of the slot's first weight.
std::size_t first_sign(const Program& program, int slot) {
    return slot < program.n ? 0 : static_cast<std::size_t>(program.array.row_pairs());
}
std::size_t sign_row(const Program& program, int slot) { return static_cast<std::size_t>(slot % program.n); }

std::vector<bool> signs_of_slot(const Program& program, const BitMatrix& signs, int slot, int outputs) {
    const Word* row = signs.row(sign_row(program, slot));
    std::vector<bool> negative;
    for (int o = 0; o < outputs; ++o)
        negative.push_back(get_bit(row, first_sign(program, slot) + static_cast<std::size_t>(o)));
    return negative;
}

void add_counts(const std::int16_t* counts, int outputs, std::int32_t* acc) {
    for (int o = 0; o < outputs; ++o) acc[o] += counts[o];
}

} // namespace

BitMatrix stream_table(const Program& program, const Word* sign_row, const StartTable& start) {
    BitMatrix streams(kLevels, static_cast<std::size_t>(program.array.cols));
    for (unsigned level = 0; level < kLevels; ++level) make_stream(program, sign_row, start, level, streams.row(level));
    return streams;
}

BitMatrix true_signs(const Program& program, const BitMatrix& stored, const LayerSecrets& secrets,
                     std::uint32_t crossbar) {
    BitMatrix signs = stored;
    if (program.signs.mode == SignMode::masked) mask_signs(signs, program.signs.generator, secrets.mask_key, crossbar);
    return signs;
}

std::vector<std::int32_t> realised_weight_sums(const Program& program, const NvmPart& nvm, std::size_t layer,
                                               const LayerSecrets& secrets) {
    const LayerProgram& plans = program.layers[layer];
    const auto outputs = static_cast<std::size_t>(shapes_of(program)[layer].outputs);
    std::vector<std::int32_t> sums(plans.quant.weight_scale.size());
    for (std::size_t x = 0; x < plans.crossbars.size(); ++x) {
        const CrossbarPlan& plan = plans.crossbars[x];
        const std::size_t chip = plans.first_crossbar + x, offset = plan.group * outputs + plan.first_output;
        const BitMatrix signs = true_signs(program, nvm.signs[chip], secrets, static_cast<std::uint32_t>(chip));
        for (int slot = 0; slot < 2 * program.n; ++slot) {
            if (plan.inputs[slot] < 0) continue;
            const GslVector vector = secrets.gsl[x].of_slot(slot, program.array.segments());
            const BitMatrix lines = logical_lines(nvm.cells[chip], program.array, vector, plan.outputs);
            const Word* row = signs.row(sign_row(program, slot));
            for (std::size_t o = 0; o < lines.rows(); ++o) {
                const auto ones = static_cast<std::int32_t>(popcount(lines.row(o), lines.words_per_row()));
                sums[offset + o] += get_bit(row, first_sign(program, slot) + o) ? -ones : ones;
            }
        }
    }
    return sums;
}

ScEngine::ScEngine(const Program& program, const NvmPart& nvm, std::vector<LayerSecrets> secrets)
    : LevelEngine(quants_of(program)), program_(program), nvm_(nvm), secrets_(std::move(secrets)),
      shapes_(shapes_of(program)) {
    const std::size_t crossbars = program.crossbar_count();
    bool fits = secrets_.size() == program.layers.size() && shapes_.size() == secrets_.size() &&
                nvm.cells.size() == crossbars && nvm.signs.size() == crossbars;
    for (std::size_t l = 0; fits && l < secrets_.size(); ++l)
        fits = secrets_[l].gsl.size() == program.layers[l].crossbars.size() &&
               secrets_[l].weight_sums.size() == program.layers[l].quant.weight_scale.size();
    if (!fits) throw ModelError("cells or secrets do not belong to the program of '" + program.graph.name + "'");
}

Accumulators ScEngine::accumulate(std::size_t layer, int group, const Patches& patches) {
    const MatrixShape& shape = shapes_.at(layer);
    if (patches.inputs != shape.inputs)
        throw ModelError("layer " + std::to_string(layer) + ": patches of " + std::to_string(patches.inputs) +
                         " levels for " + std::to_string(shape.inputs) + " inputs");
    Accumulators result{patches.positions, shape.outputs, {}};
    result.acc.resize(patches.positions * static_cast<std::size_t>(shape.outputs));
    const std::vector<CrossbarPlan>& plans = program_.layers[layer].crossbars;
    for (std::size_t x = 0; x < plans.size(); ++x)
        if (plans[x].group == group) add_crossbar(layer, x, patches, result);
    return result;
}

void ScEngine::add_crossbar(std::size_t layer, std::size_t index, const Patches& patches, Accumulators& result) const {
    const LayerProgram& plans = program_.layers[layer];
    const CrossbarPlan& plan = plans.crossbars[index];
    const LayerSecrets& secrets = secrets_[layer];
    const std::size_t chip = plans.first_crossbar + index;
    const BitMatrix& stored = nvm_.signs[chip];
    const BitMatrix signs = true_signs(program_, stored, secrets, static_cast<std::uint32_t>(chip));
    std::vector<int> inputs;
    std::vector<SlotCounts> slots;
    slots.reserve(plan.inputs.size());
    for (int slot = 0; slot < 2 * program_.n; ++slot) {
        if (plan.inputs[slot] < 0) continue;
        const GslVector vector = secrets.gsl[index].of_slot(slot, program_.array.segments());
        slots.emplace_back(program_, stored.row(sign_row(program_, slot)), secrets.start,
                           logical_lines(nvm_.cells[chip], program_.array, vector, plan.outputs),
                           signs_of_slot(program_, signs, slot, plan.outputs), patches.positions);
        inputs.push_back(plan.inputs[slot]);
    }
    // Slots innermost: a crossbar's inputs lie side by side in a patch, so each is fetched once.
    const std::uint8_t* levels = patches.levels.data();
    std::int32_t* acc = result.acc.data() + plan.first_output;
    for (std::size_t p = 0; p < patches.positions; ++p, levels += patches.inputs, acc += result.outputs)
        for (std::size_t i = 0; i < slots.size(); ++i)
            add_counts(slots[i].of_level(levels[inputs[i]]), plan.outputs, acc);
}

std::vector<std::int32_t> ScEngine::weight_sums(std::size_t layer, int group) {
    const auto outputs = static_cast<std::ptrdiff_t>(shapes_.at(layer).outputs);
    const auto first = secrets_[layer].weight_sums.begin() + group * outputs;
    return {first, first + outputs};
}

} // namespace veilram
