#include "models/base/diagnostics.hpp"
#include "models/base/parallel.hpp"
#include "tb/unit/small_network.hpp"

#include <gtest/gtest.h>

namespace veilram::test {
namespace {

constexpr std::uint64_t kSeeds[] = {1, 2};

/// The true sign of a weight: its stored bit xor the keystream bit of its place.
bool is_negative(const Compiled& device, std::size_t layer, std::uint32_t chip, int row, std::size_t col) {
    const BitMatrix& stored = device.image.nvm.signs[chip];
    const bool bit = stored.get(static_cast<std::size_t>(row), col);
    if (device.program.signs.mode == SignMode::public_signs) return bit;
    std::vector<Word> stream(stored.words_per_row());
    sign_keystream(device.program.signs.generator, device.secrets[layer].mask_key, chip,
                   static_cast<std::uint32_t>(row), static_cast<unsigned>(stored.cols()), stream.data());
    return bit != get_bit(stream.data(), col);
}

/// One product in 1/unit() counts, by definition: convert, read the cells one by one, digitise; then the sign, or half
/// the level off.
int literal_product(const Compiled& device, std::size_t layer, std::size_t index, int slot, int pair, unsigned level) {
    const Program& program = device.program;
    const auto chip = program.layers[layer].first_crossbar + static_cast<std::uint32_t>(index);
    const int row = slot % program.n;
    std::vector<Word> stream(words_for(256));
    if (program.converter.kind == ConverterKind::lfsr)
        lfsr_stream(level, program.converter.lfsr_seed, stream.data());
    else
        sign_bit_stream_literal(device.image.nvm.signs[chip].row(static_cast<std::size_t>(row)), 256, level,
                                device.secrets[layer].start[level], stream.data());
    const GslVector vector = device.secrets[layer].gsl[index].of_slot(slot, program.array.segments());
    const unsigned ones = read_count_literal(device.image.nvm.cells[chip], program.array, pair, vector, stream.data());
    const int code = adc_code(static_cast<std::uint16_t>(ones), program.adc);
    if (program.scheme == MapScheme::balanced) return 2 * code - static_cast<int>(level);
    const int half = slot < program.n ? 0 : program.array.row_pairs();
    return is_negative(device, layer, chip, row, static_cast<std::size_t>(half + pair)) ? -code : code;
}

/// A matrix layer by definition.
class LiteralEngine final : public MatrixEngine {
public:
    explicit LiteralEngine(const Compiled& device) : device_(device) {}

    Tensor apply(std::size_t layer, const Node& node, const Tensor& input, std::size_t /*first_image*/) override {
        Shape shape = node.out_shape;
        shape.insert(shape.begin(), input.dim(0));
        Tensor out(shape);
        const LayerProgram& plans = device_.program.layers[layer];
        const MatrixShape matrix = matrix_shape(node.op);
        for (int group = 0; group < matrix.groups; ++group) {
            const LevelMap levels = map_levels(node.op, group, input, plans.quant.input);
            Accumulators acc{levels.positions(), matrix.outputs, {}};
            acc.acc.resize(levels.positions() * static_cast<std::size_t>(matrix.outputs));
            for (std::size_t x = 0; x < plans.crossbars.size(); ++x)
                if (plans.crossbars[x].group == group) add(layer, x, levels, acc);
            const auto sums = device_.secrets[layer].weight_sums.begin() + group * matrix.outputs;
            dequantise(acc, group, device_.program.scheme == MapScheme::balanced ? 2 : 1, plans.quant,
                       {sums, sums + matrix.outputs}, out);
        }
        return out;
    }

private:
    void add(std::size_t layer, std::size_t index, const LevelMap& levels, Accumulators& acc) const {
        const CrossbarPlan& plan = device_.program.layers[layer].crossbars[index];
        for (std::size_t p = 0; p < levels.positions(); ++p)
            for (int slot = 0; slot < 2 * device_.program.n; ++slot)
                for (int o = 0; plan.inputs[static_cast<std::size_t>(slot)] >= 0 && o < plan.outputs; ++o) {
                    const auto input = static_cast<std::size_t>(plan.inputs[static_cast<std::size_t>(slot)]);
                    const unsigned level = levels.at(p, input);
                    acc.acc[p * static_cast<std::size_t>(acc.outputs) +
                            static_cast<std::size_t>(plan.first_output + o)] +=
                        literal_product(device_, layer, index, slot, o, level);
                }
    }

    const Compiled& device_;
};

void expect_literal(const CompileConfig& config, std::uint64_t seed) {
    const Compiled device = compile_small(config, seed);
    const Tensor images = small_images(2, seed);
    LiteralEngine literal(device);
    const Tensor expected = infer(device.program.graph, images, literal);
    EXPECT_EQ(run(device.program, device.image.nvm, device.secrets, images).data, expected.data);
}

} // namespace

TEST(ScEngineTest, IsTheDefinitionBitForBit) {
    for (const std::uint64_t seed : kSeeds)
        for (const auto converter : {ConverterKind::sign_bit, ConverterKind::lfsr})
            for (const auto mode : {SignMode::public_signs, SignMode::masked}) {
                CompileConfig config = small_config();
                config.converter = {converter, 77};
                config.signs = {mode, seed == 1 ? MaskGenerator::trivium : MaskGenerator::aes_ctr};
                SCOPED_TRACE(std::to_string(seed) + (converter == ConverterKind::lfsr ? " lfsr" : " sign_bit") +
                             (mode == SignMode::masked ? " masked" : " public"));
                expect_literal(config, seed);
            }
}

TEST(ScEngineTest, SignedLinesAreTheDefinitionBitForBit) {
    for (const std::uint64_t seed : kSeeds)
        for (const auto converter : {ConverterKind::sign_bit, ConverterKind::lfsr}) {
            CompileConfig config = small_config();
            config.map.scheme = MapScheme::balanced;
            config.converter = {converter, 77};
            SCOPED_TRACE(seed);
            expect_literal(config, seed);
        }
}

TEST(ScEngineTest, IsTheDefinitionForNarrowAdcsOtherSegmentsAndScopes) {
    CompileConfig config = small_config();
    config.adc = {4, AdcOverflow::saturate};
    expect_literal(config, 1);
    config.adc.overflow = AdcOverflow::truncate;
    expect_literal(config, 1);
    config.adc = {};
    config.array.segment = 8;
    config.map.n = 1;
    config.keys.scope = KeyScope::network;
    expect_literal(config, 1);
}

TEST(ScEngineTest, SplittingABatchChangesNothing) {
    const Compiled device = compile_small(small_config());
    const Tensor images = small_images(4, 9);
    const Tensor whole = run(device.program, device.image.nvm, device.secrets, images);
    const std::size_t pixels = images.size() / 4, classes = whole.size() / 4;
    for (std::size_t i = 0; i < 4; ++i) {
        Tensor one({1, 2, 6, 6});
        std::copy_n(images.data.begin() + static_cast<std::ptrdiff_t>(i * pixels), pixels, one.data.begin());
        const Tensor logits = run(device.program, device.image.nvm, device.secrets, one);
        EXPECT_TRUE(std::equal(logits.data.begin(), logits.data.end(),
                               whole.data.begin() + static_cast<std::ptrdiff_t>(i * classes)));
    }
}

TEST(ScEngineTest, ComesCloseToExactProducts) {
    CompileConfig config = small_config();
    config.map.n = 1; // every weight exact: only the streams' noise is left
    const Compiled device = compile_small(config);
    const Graph graph = small_network(1);
    std::vector<LayerQuant> quants;
    std::vector<QuantWeights> weights;
    for (const LayerProgram& layer : device.program.layers) quants.push_back(layer.quant);
    for (const std::size_t node : matrix_nodes(graph))
        weights.push_back(quantise_weights(graph.nodes[node].op, config.quant.weights));
    ExactEngine exact(quants, weights);
    const Tensor images = small_images(16, 3);
    const Tensor expected = infer(graph, images, exact);
    const Tensor got = run(device.program, device.image.nvm, device.secrets, images);
    double error = 0, energy = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        error += std::pow(got.data[i] - expected.data[i], 2);
        energy += std::pow(expected.data[i], 2);
    }
    EXPECT_LT(error, 0.1 * energy);
}

TEST(ScEngineTest, ThreadsAndInstructionSetsChangeNothing) {
    const Compiled device = compile_small(small_config());
    const Tensor images = small_images(400, 5); // enough positions for several parts
    const auto logits = [&] { return run(device.program, device.image.nvm, device.secrets, images).data; };
    set_threads(1);
    const std::vector<float> expected = logits();
    for (const std::size_t threads : {2U, 3U, 0U}) {
        set_threads(threads);
        EXPECT_EQ(logits(), expected) << threads << " threads";
    }
    for (const std::string& level : simd_levels()) {
        use_simd_level(level);
        EXPECT_EQ(logits(), expected) << level;
    }
    use_simd_level("");
}

TEST(ScEngineTest, CellsOrSecretsOfAnotherProgramAreNoticed) {
    const Compiled device = compile_small(small_config());
    NvmPart fewer = device.image.nvm;
    fewer.cells.pop_back();
    EXPECT_THROW(ScEngine(device.program, fewer, device.secrets), ModelError);
    std::vector<LayerSecrets> secrets = device.secrets;
    secrets[1].gsl.pop_back();
    EXPECT_THROW(ScEngine(device.program, device.image.nvm, secrets), ModelError);
    secrets = device.secrets;
    secrets[2].weight_sums.pop_back();
    EXPECT_THROW(ScEngine(device.program, device.image.nvm, secrets), ModelError);
}

} // namespace veilram::test
