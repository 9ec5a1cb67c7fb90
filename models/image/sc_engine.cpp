#include "models/image/sc_engine.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/parallel.hpp"

#include <algorithm>
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

/// 255 for the negative weights of a slot, for outputs first..first+outputs-1 of the crossbar.
OutputBytes negative_of_slot(const Program& program, const BitMatrix& signs, int slot, std::size_t first,
                             std::size_t outputs) {
    const Word* row = signs.row(sign_row(program, slot));
    OutputBytes negative{};
    for (std::size_t o = 0; o < outputs; ++o)
        if (get_bit(row, first_sign(program, slot) + first + o)) negative[o] = 255;
    return negative;
}

LevelView view_of(const LevelMap& levels) {
    return {levels.levels.data(), levels.origins.data(), levels.positions(), levels.offsets.data()};
}

} // namespace

StreamSource stream_source(const Program& program, const Word* sign_row, const StartTable& start) {
    return {program.converter, sign_row, &start};
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

ScEngine::ScEngine(const Program& program, const NvmPart& nvm, std::vector<LayerSecrets> secrets,
                   const DeviceConfig& device)
    : LevelEngine(quants_of(program)), program_(program), nvm_(nvm), secrets_(std::move(secrets)), device_(device),
      shapes_(shapes_of(program)) {
    const std::size_t crossbars = program.crossbar_count();
    bool fits = secrets_.size() == program.layers.size() && shapes_.size() == secrets_.size() &&
                nvm.cells.size() == crossbars && nvm.signs.size() == crossbars;
    for (std::size_t l = 0; fits && l < secrets_.size(); ++l)
        fits = secrets_[l].gsl.size() == program.layers[l].crossbars.size() &&
               secrets_[l].weight_sums.size() == program.layers[l].quant.weight_scale.size();
    if (!fits) throw ModelError("cells or secrets do not belong to the program of '" + program.graph.name + "'");
    if (device_.has_static() || is_noisy()) measure_cells();
}

void ScEngine::measure_cells() {
    analog_.resize(nvm_.cells.size());
    for (const LayerProgram& layer : program_.layers)
        parallel_for(layer.crossbars.size(), [&](std::size_t x) {
            const auto chip = layer.first_crossbar + static_cast<std::uint32_t>(x);
            const auto outputs = static_cast<std::size_t>(layer.crossbars[x].outputs);
            for (std::size_t pair = 0; pair < outputs; pair += kMaxWidth)
                analog_[chip].emplace_back(nvm_.cells[chip], program_.array, device_, chip, pair,
                                           std::min(kMaxWidth, outputs - pair));
        });
}

struct ScEngine::Block {
    std::size_t first_output; ///< within the group
    std::size_t outputs;
    std::size_t first_pair;             ///< row pair of the first output
    std::vector<std::size_t> crossbars; ///< of the layer, whose row pairs hold these outputs
};

std::vector<ScEngine::Block> ScEngine::blocks_of(std::size_t layer, int group) const {
    std::vector<Block> blocks;
    const std::vector<CrossbarPlan>& plans = program_.layers[layer].crossbars;
    for (std::size_t x = 0; x < plans.size(); ++x) {
        if (plans[x].group != group) continue;
        const auto outputs = static_cast<std::size_t>(plans[x].outputs);
        for (std::size_t pair = 0; pair < outputs; pair += kMaxWidth) {
            const Block block{plans[x].first_output + pair, std::min(kMaxWidth, outputs - pair), pair, {}};
            const auto same = std::find_if(blocks.begin(), blocks.end(), [&](const Block& b) {
                return b.first_output == block.first_output && b.outputs == block.outputs && b.first_pair == pair;
            });
            (same == blocks.end() ? blocks.insert(same, block) : same)->crossbars.push_back(x);
        }
    }
    return blocks;
}

Accumulators ScEngine::accumulate(std::size_t layer, int group, const LevelMap& levels) {
    const MatrixShape& shape = shapes_.at(layer);
    if (levels.inputs() != shape.inputs)
        throw ModelError("layer " + std::to_string(layer) + ": " + std::to_string(levels.inputs()) + " inputs for " +
                         std::to_string(shape.inputs) + " weights");
    const auto stride = static_cast<std::size_t>(shape.outputs);
    Accumulators result{levels.positions(), shape.outputs, std::vector<std::int32_t>(levels.positions() * stride)};
    const std::vector<Block> blocks = blocks_of(layer, group);
    parallel_for(blocks.size(), [&](std::size_t b) {
        const SumView sums{result.acc.data() + blocks[b].first_output, stride};
        if (is_noisy())
            sum_noise(layer, group, blocks[b], levels, sums);
        else
            sum_rows(layer, blocks[b], levels, sums);
    });
    return result;
}

struct ScEngine::Slots {
    std::vector<int> numbers; ///< in the crossbar
    std::vector<SignedInput> inputs;
};

ScEngine::Slots ScEngine::slots_in_use(std::size_t layer, std::size_t index, const Block& block) const {
    const LayerProgram& plans = program_.layers[layer];
    const std::size_t chip = plans.first_crossbar + index;
    const BitMatrix signs = true_signs(program_, nvm_.signs[chip], secrets_[layer], static_cast<std::uint32_t>(chip));
    Slots slots;
    for (int slot = 0; slot < 2 * program_.n; ++slot) {
        const int input = plans.crossbars[index].inputs[static_cast<std::size_t>(slot)];
        if (input < 0) continue;
        slots.numbers.push_back(slot);
        slots.inputs.push_back({static_cast<std::size_t>(input),
                                negative_of_slot(program_, signs, slot, block.first_pair, block.outputs)});
    }
    return slots;
}

GslVector ScEngine::vector_of(std::size_t layer, std::size_t index, int slot) const {
    return secrets_[layer].gsl[index].of_slot(slot, program_.array.segments());
}

StreamSet ScEngine::streams_of(std::size_t layer, std::size_t index, int slot, const LevelSet& levels) const {
    const BitMatrix& stored = nvm_.signs[program_.layers[layer].first_crossbar + index];
    return {stream_source(program_, stored.row(sign_row(program_, slot)), secrets_[layer].start), levels};
}

void ScEngine::sum_rows(std::size_t layer, const Block& block, const LevelMap& levels, const SumView& sums) const {
    const ByteAdc adc = byte_adc(program_.adc);
    RowAdder adder(block.outputs);
    adder.begin(view_of(levels), sums);
    for (const std::size_t x : block.crossbars) {
        const std::size_t chip = program_.layers[layer].first_crossbar + x;
        const Slots slots = slots_in_use(layer, x, block);
        const auto read_all = [&](const auto& cells) {
            adder.add_inputs(slots.inputs, [&](std::size_t i, std::uint8_t* table) {
                const int slot = slots.numbers[i];
                cells.read_slot(vector_of(layer, x, slot),
                                streams_of(layer, x, slot, levels.seen_by(slots.inputs[i].input)), adc,
                                slots.inputs[i].flip, table);
            });
        };
        if (analog_.empty())
            read_all(CellBlock(nvm_.cells[chip], program_.array, block.first_pair, block.outputs));
        else
            read_all(analog_[chip][block.first_pair / kMaxWidth]);
    }
    adder.finish();
}

void ScEngine::sum_noise(std::size_t layer, int group, const Block& block, const LevelMap& levels,
                         const SumView& sums) const {
    NoisePlace place;
    place.first_image = first_image_;
    place.plane = levels.positions() / levels.images;
    place.layer = static_cast<std::uint32_t>(layer);
    place.first_output = static_cast<std::uint32_t>(block.first_output);
    const auto first_number = static_cast<std::size_t>(group) * static_cast<std::size_t>(levels.inputs());
    NoisySum sum(device_, block.outputs, program_.adc);
    sum.begin(view_of(levels), sums, place);
    for (const std::size_t x : block.crossbars) {
        const std::size_t chip = program_.layers[layer].first_crossbar + x;
        const Slots slots = slots_in_use(layer, x, block);
        for (std::size_t i = 0; i < slots.inputs.size(); ++i) {
            const SignedInput& input = slots.inputs[i];
            const int slot = slots.numbers[i];
            sum.add_input(input, static_cast<std::uint32_t>(first_number + input.input),
                          analog_[chip][block.first_pair / kMaxWidth], vector_of(layer, x, slot),
                          streams_of(layer, x, slot, levels.seen_by(input.input)));
        }
    }
    sum.finish();
}

std::vector<std::int32_t> ScEngine::weight_sums(std::size_t layer, int group) {
    const auto outputs = static_cast<std::ptrdiff_t>(shapes_.at(layer).outputs);
    const auto first = secrets_[layer].weight_sums.begin() + group * outputs;
    return {first, first + outputs};
}

} // namespace veilram
