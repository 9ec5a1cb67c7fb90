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
    if (program.signed_lines()) return BitMatrix(stored.rows(), stored.cols());
    BitMatrix signs = stored;
    if (program.signs.mode == SignMode::masked) mask_signs(signs, program.signs.generator, secrets.mask_key, crossbar);
    return signs;
}

std::vector<std::int32_t> realised_weight_sums(const Program& program, const NvmSource& nvm, std::size_t layer,
                                               const LayerSecrets& secrets) {
    const LayerProgram& plans = program.layers[layer];
    const auto outputs = static_cast<std::size_t>(shapes_of(program)[layer].outputs);
    std::vector<std::int32_t> sums(plans.quant.weight_scale.size());
    const NvmView view = nvm.view(plans.first_crossbar, plans.crossbars.size());
    for (std::size_t x = 0; x < plans.crossbars.size(); ++x) {
        const CrossbarPlan& plan = plans.crossbars[x];
        const auto chip = plans.first_crossbar + static_cast<std::uint32_t>(x);
        const MappedCrossbar crossbar{view.cells[x], true_signs(program, view.signs[x], secrets, chip)};
        const auto realised = realised_weights(crossbar, plan, program.scheme, program.array, secrets.gsl[x]);
        const std::size_t width = static_cast<std::size_t>(plan.outputs),
                          offset = plan.group * outputs + plan.first_output;
        for (std::size_t i = 0; i < realised.size(); ++i) sums[offset + i % width] += realised[i];
    }
    return sums;
}

ScEngine::ScEngine(const Program& program, const NvmSource& nvm, std::vector<LayerSecrets> secrets,
                   const DeviceConfig& device)
    : LevelEngine(quants_of(program)), program_(program), secrets_(std::move(secrets)), nvm_(program, nvm, secrets_),
      device_(device), shapes_(shapes_of(program)) {
    bool fits = secrets_.size() == program.layers.size() && shapes_.size() == secrets_.size() &&
                nvm.crossbars() == program.crossbar_count();
    for (std::size_t l = 0; fits && l < secrets_.size(); ++l)
        fits = secrets_[l].gsl.size() == program.layers[l].crossbars.size() &&
               secrets_[l].weight_sums.size() == program.layers[l].quant.weight_scale.size();
    if (!fits) throw ModelError("cells or secrets do not belong to the program of '" + program.graph.name + "'");
    if (device_.has_static() || is_noisy()) measure_cells();
}

void ScEngine::measure_cells() {
    analog_.resize(nvm_.crossbars());
    for (const LayerProgram& layer : program_.layers) {
        const NvmView view = nvm_.view(layer.first_crossbar, layer.crossbars.size());
        parallel_for(layer.crossbars.size(), [&](std::size_t x) {
            const auto chip = layer.first_crossbar + static_cast<std::uint32_t>(x);
            const auto outputs = static_cast<std::size_t>(layer.crossbars[x].outputs);
            for (std::size_t pair = 0; pair < outputs; pair += kMaxWidth)
                analog_[chip].emplace_back(view.cells[x], program_.array, device_, chip, pair,
                                           std::min(kMaxWidth, outputs - pair));
        });
    }
}

/// One group of a matrix layer at work on one batch. Numbers of crossbars are those of the layer.
class ScEngine::GroupWork {
public:
    GroupWork(const ScEngine& engine, std::size_t layer, int group, const LevelMap& levels, std::size_t first_image);

    void sum(Accumulators& result) const;

private:
    /// Outputs that are summed together.
    struct Block {
        std::size_t first_output; ///< within the group
        std::size_t outputs;
        std::size_t first_pair;             ///< row pair of the first output
        std::vector<std::size_t> crossbars; ///< whose row pairs hold these outputs
    };
    /// Of one crossbar, those in use.
    struct Slots {
        std::vector<int> numbers;
        std::vector<SignedInput> inputs;
    };

    std::vector<Block> blocks() const;
    std::size_t chip_number(std::size_t crossbar) const { return plans_.first_crossbar + crossbar; }
    const BitMatrix& cells_of(std::size_t crossbar) const { return view_.cells[crossbar - first_crossbar_]; }
    const BitMatrix& signs_of(std::size_t crossbar) const { return view_.signs[crossbar - first_crossbar_]; }
    Slots slots_in_use(std::size_t crossbar, const Block& block) const;
    GslVector vector_of(std::size_t crossbar, int slot) const;
    StreamSet streams_of(std::size_t crossbar, int slot, const LevelSet& levels) const;
    void sum_rows(const Block& block, const SumView& sums) const;
    void sum_noise(const Block& block, const SumView& sums) const;

    const ScEngine& engine_;
    const Program& program_;
    const std::size_t layer_;
    const LayerProgram& plans_;
    const LayerSecrets& secrets_;
    const int group_;
    const LevelMap& levels_;
    const std::size_t first_image_;
    std::size_t first_crossbar_ = 0; ///< of the group
    NvmView view_;                   ///< crossbars of the group, and those between them
};

ScEngine::GroupWork::GroupWork(const ScEngine& engine, std::size_t layer, int group, const LevelMap& levels,
                               std::size_t first_image)
    : engine_(engine), program_(engine.program_), layer_(layer), plans_(program_.layers[layer]),
      secrets_(engine.secrets_[layer]), group_(group), levels_(levels), first_image_(first_image) {
    const auto ours = [group](const CrossbarPlan& plan) { return plan.group == group; };
    const std::vector<CrossbarPlan>& all = plans_.crossbars;
    const auto first = std::find_if(all.begin(), all.end(), ours);
    const auto last = std::find_if(all.rbegin(), all.rend(), ours).base();
    first_crossbar_ = static_cast<std::size_t>(first - all.begin());
    if (first < last) view_ = engine.nvm_.view(chip_number(first_crossbar_), static_cast<std::size_t>(last - first));
}

std::vector<ScEngine::GroupWork::Block> ScEngine::GroupWork::blocks() const {
    std::vector<Block> blocks;
    for (std::size_t x = first_crossbar_; x < plans_.crossbars.size(); ++x) {
        const CrossbarPlan& plan = plans_.crossbars[x];
        if (plan.group != group_) continue;
        const auto outputs = static_cast<std::size_t>(plan.outputs);
        for (std::size_t pair = 0; pair < outputs; pair += kMaxWidth) {
            const Block block{plan.first_output + pair, std::min(kMaxWidth, outputs - pair), pair, {}};
            const auto same = std::find_if(blocks.begin(), blocks.end(), [&](const Block& b) {
                return b.first_output == block.first_output && b.outputs == block.outputs && b.first_pair == pair;
            });
            (same == blocks.end() ? blocks.insert(same, block) : same)->crossbars.push_back(x);
        }
    }
    return blocks;
}

void ScEngine::GroupWork::sum(Accumulators& result) const {
    const std::vector<Block> all = blocks();
    parallel_for(all.size(), [&](std::size_t b) {
        const SumView sums{result.acc.data() + all[b].first_output, static_cast<std::size_t>(result.outputs)};
        if (engine_.is_noisy())
            sum_noise(all[b], sums);
        else
            sum_rows(all[b], sums);
    });
}

ScEngine::GroupWork::Slots ScEngine::GroupWork::slots_in_use(std::size_t crossbar, const Block& block) const {
    const BitMatrix signs =
        true_signs(program_, signs_of(crossbar), secrets_, static_cast<std::uint32_t>(chip_number(crossbar)));
    Slots slots;
    for (int slot = 0; slot < program_.slots(); ++slot) {
        const int input = plans_.crossbars[crossbar].inputs[static_cast<std::size_t>(slot)];
        if (input < 0) continue;
        slots.numbers.push_back(slot);
        slots.inputs.push_back({static_cast<std::size_t>(input),
                                negative_of_slot(program_, signs, slot, block.first_pair, block.outputs)});
    }
    return slots;
}

GslVector ScEngine::GroupWork::vector_of(std::size_t crossbar, int slot) const {
    return secrets_.gsl[crossbar].of_slot(slot, program_.array.segments());
}

StreamSet ScEngine::GroupWork::streams_of(std::size_t crossbar, int slot, const LevelSet& levels) const {
    return {stream_source(program_, signs_of(crossbar).row(sign_row(program_, slot)), secrets_.start), levels};
}

void ScEngine::GroupWork::sum_rows(const Block& block, const SumView& sums) const {
    const ByteAdc adc = byte_adc(program_.adc);
    RowAdder adder(block.outputs);
    adder.begin(view_of(levels_), sums);
    for (const std::size_t x : block.crossbars) {
        const Slots slots = slots_in_use(x, block);
        const auto read_all = [&](const auto& cells) {
            adder.add_inputs(slots.inputs, [&](std::size_t i, std::uint8_t* table) {
                const int slot = slots.numbers[i];
                cells.read_slot(vector_of(x, slot), streams_of(x, slot, levels_.seen_by(slots.inputs[i].input)), adc,
                                slots.inputs[i].flip, table);
            });
        };
        if (engine_.analog_.empty())
            read_all(CellBlock(cells_of(x), program_.array, block.first_pair, block.outputs));
        else
            read_all(engine_.analog_[chip_number(x)][block.first_pair / kMaxWidth]);
    }
    adder.finish();
}

void ScEngine::GroupWork::sum_noise(const Block& block, const SumView& sums) const {
    NoisePlace place;
    place.first_image = static_cast<std::uint32_t>(first_image_);
    place.plane = levels_.positions() / levels_.images;
    place.layer = static_cast<std::uint32_t>(layer_);
    place.first_output = static_cast<std::uint32_t>(block.first_output);
    const auto first_number = static_cast<std::size_t>(group_) * static_cast<std::size_t>(levels_.inputs());
    NoisySum sum(engine_.device_, block.outputs, program_.adc);
    sum.begin(view_of(levels_), sums, place);
    for (const std::size_t x : block.crossbars) {
        const Slots slots = slots_in_use(x, block);
        for (std::size_t i = 0; i < slots.inputs.size(); ++i) {
            const SignedInput& input = slots.inputs[i];
            const int slot = slots.numbers[i];
            sum.add_input(input, static_cast<std::uint32_t>(first_number + input.input),
                          engine_.analog_[chip_number(x)][block.first_pair / kMaxWidth], vector_of(x, slot),
                          streams_of(x, slot, levels_.seen_by(input.input)));
        }
    }
    sum.finish();
}

Accumulators ScEngine::accumulate(std::size_t layer, int group, const LevelMap& levels, std::size_t first_image) {
    const MatrixShape& shape = shapes_.at(layer);
    if (levels.inputs() != shape.inputs)
        throw ModelError("layer " + std::to_string(layer) + ": " + std::to_string(levels.inputs()) + " inputs for " +
                         std::to_string(shape.inputs) + " weights");
    Accumulators result{levels.positions(), shape.outputs,
                        std::vector<std::int32_t>(levels.positions() * static_cast<std::size_t>(shape.outputs))};
    GroupWork(*this, layer, group, levels, first_image).sum(result);
    if (program_.signed_lines()) take_off_half_levels(levels, result);
    return result;
}

std::vector<std::int32_t> ScEngine::weight_sums(std::size_t layer, int group) {
    const auto outputs = static_cast<std::ptrdiff_t>(shapes_.at(layer).outputs);
    const auto first = secrets_[layer].weight_sums.begin() + group * outputs;
    return {first, first + outputs};
}

} // namespace veilram
