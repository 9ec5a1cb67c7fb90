#include "models/image/sc_engine.hpp"

#include "models/base/diagnostics.hpp"
#include "models/sc/streams.hpp"

#include <string>

namespace veilram {
namespace {

void make_stream(const Program& program, const Word* sign_row, const StartTable& start, unsigned level, Word* stream) {
    if (program.converter.kind == ConverterKind::lfsr)
        lfsr_stream(level, program.converter.lfsr_seed, stream);
    else
        sign_bit_stream(sign_row, static_cast<unsigned>(program.array.cols), level, start[level], stream);
}

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

/// Signed counts of one slot for every level, worked out when a level first occurs.
class SlotCounts {
public:
    /// `stored` is the slot's row of the sign crossbar; `signs` the true signs of its weights, from bit `first`.
    SlotCounts(const Program& program, const StartTable& start, BitMatrix lines, const Word* stored, const Word* signs,
               std::size_t first)
        : program_(program), start_(start), lines_(std::move(lines)), stored_(stored), known_(kLevels),
          signed_counts_(kLevels * lines_.rows()), stream_(words_for(lines_.cols())), counts_(lines_.rows()) {
        for (std::size_t o = 0; o < lines_.rows(); ++o) sign_.push_back(get_bit(signs, first + o) ? -1 : 1);
    }

    /// One signed count for each output.
    const std::int16_t* of_level(std::uint8_t level) {
        std::int16_t* row = signed_counts_.data() + level * lines_.rows();
        if (!known_[level]) {
            make_stream(program_, stored_, start_, level, stream_.data());
            read_counts(lines_, stream_.data(), counts_.data());
            for (std::size_t o = 0; o < counts_.size(); ++o)
                row[o] = static_cast<std::int16_t>(sign_[o] * adc_code(counts_[o], program_.adc));
            known_[level] = true;
        }
        return row;
    }

private:
    const Program& program_;
    const StartTable& start_;
    const BitMatrix lines_;
    const Word* stored_;
    std::vector<int> sign_;
    std::vector<bool> known_;
    std::vector<std::int16_t> signed_counts_; ///< [levels][outputs]
    std::vector<Word> stream_;
    std::vector<std::uint16_t> counts_;
};

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
    for (int slot = 0; slot < 2 * program_.n; ++slot) {
        if (plan.inputs[slot] < 0) continue;
        const GslVector vector = secrets.gsl[index].of_slot(slot, program_.array.segments());
        const std::size_t row = sign_row(program_, slot);
        SlotCounts counts(program_, secrets.start,
                          logical_lines(nvm_.cells[chip], program_.array, vector, plan.outputs), stored.row(row),
                          signs.row(row), first_sign(program_, slot));
        const std::uint8_t* level = patches.levels.data() + plan.inputs[slot];
        std::int32_t* acc = result.acc.data() + plan.first_output;
        for (std::size_t p = 0; p < patches.positions; ++p, level += patches.inputs, acc += result.outputs) {
            const std::int16_t* count = counts.of_level(*level);
            for (int o = 0; o < plan.outputs; ++o) acc[o] += count[o];
        }
    }
}

std::vector<std::int32_t> ScEngine::weight_sums(std::size_t layer, int group) {
    const auto outputs = static_cast<std::ptrdiff_t>(shapes_.at(layer).outputs);
    const auto first = secrets_[layer].weight_sums.begin() + group * outputs;
    return {first, first + outputs};
}

} // namespace veilram
