#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/base/parallel.hpp"
#include "tb/unit/small_network.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <unistd.h>

namespace veilram::test {
namespace {
namespace fs = std::filesystem;

constexpr std::uint64_t kSeeds[] = {1, 2, 3};

std::vector<LayerSecrets> open(const Compiled& compiled, const Image& image, const CompileConfig& config) {
    return open_secrets(image.memory, compiled.program, load_root_key(config.keys), config.keys.version);
}

/// Expects a UserError whose text contains `part`.
template <class Action> void expect_user_error(Action&& action, const std::string& part) {
    try {
        action();
        ADD_FAILURE() << "no error; expected: " << part;
    } catch (const UserError& error) {
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
}

/// True where the sign row holds the sign of a weight.
bool holds_sign(const CrossbarPlan& plan, const ArrayGeometry& array, std::size_t row, std::size_t col, int n) {
    const std::size_t pairs = static_cast<std::size_t>(array.row_pairs());
    if (col >= 2 * pairs) return false;
    const std::size_t slot = col < pairs ? row : row + static_cast<std::size_t>(n);
    return plan.inputs[slot] >= 0 && col % pairs < static_cast<std::size_t>(plan.outputs);
}

} // namespace

TEST(CompileTest, EqualConfigurationsGiveEqualDevices) {
    const Compiled a = compile_small(small_config()), b = compile_small(small_config());
    EXPECT_EQ(a.image.nvm.cells, b.image.nvm.cells);
    EXPECT_EQ(a.image.nvm.signs, b.image.nvm.signs);
    EXPECT_EQ(a.image.memory.program, b.image.memory.program);
    EXPECT_EQ(a.image.memory.sealed, b.image.memory.sealed);
    CompileConfig other = small_config();
    other.keys.seed = 2;
    EXPECT_NE(compile_small(other).image.nvm.cells, a.image.nvm.cells);
    EXPECT_NE(compile_small(other).image.memory.sealed, a.image.memory.sealed);
}

TEST(CompileTest, CrossbarsDoNotDependOnWhatWasMappedBefore) {
    const CompileConfig config = small_config();
    const Compiled compiled = compile_small(config);
    const LayerProgram& layer = compiled.program.layers[0];
    ASSERT_GE(layer.crossbars.size(), 2U);
    const Graph graph = small_network(1);
    const QuantWeights weights = quantise_weights(graph.nodes[matrix_nodes(graph)[0]].op, config.quant.weights);
    const std::vector<CrossbarPlan> first(layer.crossbars.begin(), layer.crossbars.begin() + 1);
    const auto alone = map_layer(weights, first, config, compiled.secrets[0], 0);
    const auto whole = map_layer(weights, layer.crossbars, config, compiled.secrets[0], 0);
    EXPECT_EQ(alone[0].cells, compiled.image.nvm.cells[0]);
    for (std::size_t x = 0; x < layer.crossbars.size(); ++x) EXPECT_EQ(whole[x].cells, compiled.image.nvm.cells[x]);
}

TEST(CompileTest, OneVectorMapsEveryWeightExactly) {
    CompileConfig config = small_config();
    config.map.n = 1;
    const Compiled compiled = compile_small(config);
    EXPECT_EQ(compiled.storage.total.absolute_error, 0);
    const Graph graph = small_network(1);
    const std::vector<std::size_t> nodes = matrix_nodes(graph);
    for (std::size_t l = 0; l < nodes.size(); ++l) {
        const QuantWeights weights = quantise_weights(graph.nodes[nodes[l]].op, config.quant.weights);
        const LayerProgram& layer = compiled.program.layers[l];
        const auto mapped = map_layer(weights, layer.crossbars, config, compiled.secrets[l], l);
        for (std::size_t x = 0; x < mapped.size(); ++x) {
            const CrossbarPlan& plan = layer.crossbars[x];
            const auto lines =
                realised_weights(mapped[x], plan, config.map.scheme, config.array, compiled.secrets[l].gsl[x]);
            for (std::size_t slot = 0; slot < plan.inputs.size(); ++slot)
                for (int o = 0; o < plan.outputs && plan.inputs[slot] >= 0; ++o)
                    EXPECT_EQ(
                        lines[slot * static_cast<std::size_t>(plan.outputs) + static_cast<std::size_t>(o)],
                        weights.at(plan.group * weights.shape.outputs + plan.first_output + o, plan.inputs[slot]));
        }
    }
}

TEST(CompileTest, WeightSumsAreWhatTheCellsHold) {
    for (const auto mode : {SignMode::public_signs, SignMode::masked})
        for (const std::uint64_t seed : kSeeds) {
            CompileConfig config = small_config();
            config.signs.mode = mode;
            const Compiled compiled = compile_small(config, seed);
            for (std::size_t l = 0; l < compiled.secrets.size(); ++l)
                EXPECT_EQ(realised_weight_sums(compiled.program, compiled.image.nvm, l, compiled.secrets[l]),
                          compiled.secrets[l].weight_sums);
        }
}

TEST(CompileTest, PublicSignsAreStoredAsTheyAreAndMaskedOnesUnderTheirKeystream) {
    CompileConfig config = small_config();
    config.signs.mode = SignMode::public_signs;
    const Compiled plain = compile_small(config);
    for (const auto generator : {MaskGenerator::trivium, MaskGenerator::aes_ctr, MaskGenerator::lfsr}) {
        config.signs = {SignMode::masked, generator};
        const Compiled masked = compile_small(config);
        for (std::size_t l = 0; l < masked.program.layers.size(); ++l) {
            const LayerProgram& layer = masked.program.layers[l];
            for (std::uint32_t x = 0; x < layer.crossbars.size(); ++x) {
                const std::uint32_t chip = layer.first_crossbar + x;
                const BitMatrix& stored = masked.image.nvm.signs[chip];
                EXPECT_NE(stored, plain.image.nvm.signs[chip]);
                EXPECT_EQ(true_signs(masked.program, stored, masked.secrets[l], chip), plain.image.nvm.signs[chip]);
            }
        }
    }
}

TEST(CompileTest, SignRowsCarryTheSignsAndTheRestIsRandom) {
    CompileConfig config = small_config();
    config.signs.mode = SignMode::public_signs;
    const Compiled compiled = compile_small(config);
    const Graph graph = small_network(1);
    const std::vector<std::size_t> nodes = matrix_nodes(graph);
    std::size_t filled = 0, ones = 0;
    for (std::size_t l = 0; l < nodes.size(); ++l) {
        const QuantWeights weights = quantise_weights(graph.nodes[nodes[l]].op, config.quant.weights);
        const LayerProgram& layer = compiled.program.layers[l];
        for (std::size_t x = 0; x < layer.crossbars.size(); ++x) {
            const CrossbarPlan& plan = layer.crossbars[x];
            const BitMatrix& signs = compiled.image.nvm.signs[layer.first_crossbar + x];
            for (std::size_t row = 0; row < signs.rows(); ++row)
                for (std::size_t col = 0; col < signs.cols(); ++col) {
                    if (!holds_sign(plan, config.array, row, col, config.map.n)) {
                        ++filled;
                        ones += signs.get(row, col) ? 1 : 0;
                        continue;
                    }
                    const int pairs = config.array.row_pairs(), pair = static_cast<int>(col) % pairs;
                    const std::size_t slot = static_cast<int>(col) < pairs ? row : row + signs.rows();
                    const int output = plan.group * weights.shape.outputs + plan.first_output + pair;
                    EXPECT_EQ(signs.get(row, col), weights.at(output, plan.inputs[slot]) < 0);
                }
        }
    }
    ASSERT_GT(filled, 1000U);
    EXPECT_NEAR(static_cast<double>(ones), filled / 2.0, 2 * std::sqrt(static_cast<double>(filled))); // four deviations
}

TEST(CompileTest, StorageCountsWhatIsThere) {
    const Compiled compiled = compile_small(small_config());
    const Storage& storage = compiled.storage.total;
    EXPECT_EQ(storage.weights, 6 * 18 + 6 * 18 + 10 * 12);
    EXPECT_EQ(storage.crossbars, static_cast<std::int64_t>(compiled.program.crossbar_count()));
    EXPECT_EQ(storage.cells, storage.crossbars * 8 * 256);
    EXPECT_EQ(storage.sign_cells, storage.crossbars * 3 * 256);
    EXPECT_EQ(storage.key_bits, storage.crossbars * 3 * 64 + 3 * (2048 + 128));
    EXPECT_EQ(storage.mask_bits, 3 * 128);
    EXPECT_EQ(compiled.storage.program_bytes, static_cast<std::int64_t>(compiled.image.memory.program.size()));
    EXPECT_GT(storage.sealed_bytes, storage.key_bits / 8);
    EXPECT_GT(storage.mean_abs_error(), 0.0);
    EXPECT_DOUBLE_EQ(storage.utilisation(), 336.0 / static_cast<double>(storage.crossbars * 6 * 4));
    EXPECT_DOUBLE_EQ(storage.ratio_to_plain(2),
                     2.0 * static_cast<double>(storage.cells + storage.sign_cells) / (8 * 336));
    ASSERT_EQ(compiled.storage.layers.size(), 3U);
    Storage sum;
    for (const LayerStorage& layer : compiled.storage.layers) sum += layer.storage;
    EXPECT_EQ(sum.cells, storage.cells);
    EXPECT_EQ(sum.key_bits, storage.key_bits);
    EXPECT_EQ(sum.absolute_error, storage.absolute_error);
    EXPECT_EQ(compiled.storage.layers[1].name, "grouped");
}

TEST(CompileTest, ReEstimatedOutputsHaveTheMomentsOfTheFloatNetwork) {
    /// Keeps the outputs of the last matrix layer.
    class Last final : public MatrixEngine {
    public:
        explicit Last(MatrixEngine& engine) : engine_(engine) {}
        Tensor apply(std::size_t layer, const Node& node, const Tensor& input, std::size_t first_image) override {
            outputs.push_back(engine_.apply(layer, node, input, first_image));
            return outputs.back();
        }
        std::vector<Tensor> outputs;

    private:
        MatrixEngine& engine_;
    };
    CompileConfig config = small_config();
    config.quant.outputs = OutputScale::re_estimated;
    EXPECT_THROW(compile(small_network(1), small_activations(), config), ModelError) << "there are no images";
    const Graph graph = small_network(1);
    const Tensor images = small_images(20, 3);
    const Compiled compiled = compile(graph, small_activations(), config, images);
    EXPECT_EQ(compiled.image.nvm.cells, compile_small(small_config()).image.nvm.cells) << "cells stay as they are";
    FloatEngine float_engine;
    ScEngine device(compiled.program, compiled.image.nvm, compiled.secrets);
    Last wanted(float_engine), got(device);
    infer(graph, images, wanted);
    infer(compiled.program.graph, images, got);
    for (std::size_t l = 0; l < 3; ++l) {
        const auto channels = static_cast<std::size_t>(wanted.outputs[l].dim(1));
        const std::size_t plane = wanted.outputs[l].size() / channels / 20;
        for (std::size_t c = 0; c < channels; ++c) {
            const auto moments = [&](const Tensor& out) {
                double sum = 0, squares = 0;
                for (std::size_t image = 0; image < 20; ++image)
                    for (std::size_t i = 0; i < plane; ++i) {
                        const double v = out.data[(image * channels + c) * plane + i];
                        sum += v, squares += v * v;
                    }
                const double count = 20.0 * static_cast<double>(plane), mean = sum / count;
                return std::pair(mean, std::sqrt(squares / count - mean * mean));
            };
            const auto [mean, deviation] = moments(wanted.outputs[l]);
            EXPECT_NEAR(moments(got.outputs[l]).first, mean, 1e-3 * (1 + deviation));
            EXPECT_NEAR(moments(got.outputs[l]).second, deviation, 1e-3 * (1 + deviation));
        }
    }
}

/// Neighbouring pixels are alike, as in pictures.
Tensor smooth_images(std::size_t count) {
    Tensor images = small_images(count, 3);
    const std::size_t plane = images.size() / (2 * count);
    for (std::size_t i = 0; i < images.size(); ++i)
        images.data[i] = i % plane == 0 ? images.data[i] : 0.8F * images.data[i - 1] + 0.5F * images.data[i];
    return images;
}

TEST(CompileTest, FittedCellsLowerTheError) {
    CompileConfig config = small_config();
    config.map.cells = CellChoice::stream_aware;
    config.quant.outputs = OutputScale::re_estimated; // the search leaves mean errors to the biases
    EXPECT_THROW(compile(small_network(1), small_activations(), config), ModelError) << "there are no images";
    const Graph graph = small_network(1);
    const Tensor images = smooth_images(64);
    const auto deviation_from_exact = [&](const CompileConfig& of) {
        const Compiled device = compile(graph, small_activations(), of, images);
        FloatEngine exact;
        ScEngine engine(device.program, device.image.nvm, device.secrets);
        const Tensor want = infer(graph, images, exact), got = infer(device.program.graph, images, engine);
        double sum = 0.0;
        for (std::size_t i = 0; i < want.size(); ++i) sum += std::pow(want.data[i] - got.data[i], 2);
        return sum;
    };
    for (const SignMode mode : {SignMode::public_signs, SignMode::masked}) {
        config.signs.mode = mode;
        CompileConfig random = config, whole = config;
        random.map.cells = CellChoice::random;
        whole.map.cells = CellChoice::output_aware;
        EXPECT_LT(deviation_from_exact(config), 0.85 * deviation_from_exact(random));
        EXPECT_LT(deviation_from_exact(whole), 0.8 * deviation_from_exact(config));
    }
    for (const MapScheme scheme : {MapScheme::paper, MapScheme::balanced})
        for (const CellChoice cells : {CellChoice::stream_aware, CellChoice::output_aware}) {
            config.map.scheme = scheme;
            config.map.cells = cells;
            set_threads(1);
            const Compiled one = compile(graph, small_activations(), config, images);
            set_threads(3);
            EXPECT_EQ(compile(graph, small_activations(), config, images).image.nvm.cells, one.image.nvm.cells);
            set_threads(0);
        }
}

TEST(CompileTest, KeyBitsOfTheLayersAddUpInEveryScope) {
    for (const KeyScope scope : {KeyScope::network, KeyScope::layer, KeyScope::crossbar}) {
        CompileConfig config = small_config();
        config.keys.scope = scope;
        const Compiled compiled = compile_small(config);
        std::vector<std::size_t> crossbars;
        for (const LayerProgram& layer : compiled.program.layers) crossbars.push_back(layer.crossbars.size());
        EXPECT_EQ(compiled.storage.total.key_bits, key_bits(crossbars, scope, config.map.n, config.array, true));
    }
}

/// Notes which layers were mapped anew, and may break off after some.
class Watched final : public LayerStore {
public:
    Watched(const std::string& folder, std::size_t layers) : store_(folder), left_(layers) {}
    void begin(const std::vector<std::size_t>& crossbars) override { store_.begin(crossbars); }
    bool holds(std::size_t layer, const Key256& key) override { return store_.holds(layer, key); }
    void keep(std::size_t layer, const Key256& key, NvmPart crossbars) override {
        if (left_-- == 0) throw std::runtime_error("killed");
        store_.keep(layer, key, std::move(crossbars));
        mapped.push_back(layer);
    }
    std::size_t crossbars() const override { return store_.crossbars(); }
    NvmView view(std::size_t first, std::size_t count) const override { return store_.view(first, count); }
    void remove() { store_.remove(); }

    std::vector<std::size_t> mapped;

private:
    FolderStore store_;
    std::size_t left_;
};

TEST(CompileTest, AnInterruptedCompilationGoesOnWhereItStopped) {
    const std::string folder =
        (std::filesystem::temp_directory_path() / ("veilram_layers" + std::to_string(::getpid()))).string();
    const Graph graph = small_network(1);
    CompileConfig config = small_config();
    const Compiled expected = compile_small(config);
    const auto go = [&](std::size_t layers) {
        Watched store(folder, layers);
        const Compiled compiled = compile(graph, small_activations(), config, store);
        EXPECT_EQ(compiled.image.memory.sealed.size(), 3U);
        EXPECT_EQ(compiled.secrets, expected.secrets);
        EXPECT_EQ(compiled.storage.total.absolute_error, expected.storage.total.absolute_error);
        const NvmView all = store.view(0, store.crossbars());
        EXPECT_TRUE(std::equal(expected.image.nvm.cells.begin(), expected.image.nvm.cells.end(), all.cells));
        EXPECT_TRUE(std::equal(expected.image.nvm.signs.begin(), expected.image.nvm.signs.end(), all.signs));
        return store.mapped;
    };
    EXPECT_THROW(go(2), std::runtime_error);
    EXPECT_EQ(go(3), (std::vector<std::size_t>{2})) << "two layers were there";
    EXPECT_EQ(go(3), (std::vector<std::size_t>{}));
    write_file(folder + "/layer_1.h5", "damaged");
    EXPECT_EQ(go(3), (std::vector<std::size_t>{1}));
    Watched(folder, 3).remove();
    EXPECT_TRUE(std::filesystem::exists(folder)) << "a store that began nothing knows of no layers";
    {
        CompileConfig other = config;
        other.seed = 7;
        Watched store(folder, 3);
        compile(graph, small_activations(), other, store);
        EXPECT_EQ(store.mapped, (std::vector<std::size_t>{0, 1, 2})) << "made from something else";
        store.remove();
    }
    EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(CompileTest, RequestsThatCannotBeMetAreTheUsersMistake) {
    CompileConfig config = small_config();
    config.array.cols = 128;
    expect_user_error([&] { compile_small(config); }, "cols is 128");
    config = small_config();
    config.map.n = 0;
    expect_user_error([&] { compile_small(config); }, "map.n is 0");
    Graph digital_only{"none", {1, 2, 2}, {{"relu", Relu{}, {0}, {1, 2, 2}}}};
    expect_user_error([&] { compile(digital_only, {}, small_config()); }, "no conv or dense node");
}

TEST(CompileTest, NamesThatAreNotUtf8StillOpen) {
    Graph graph = small_network(1);
    graph.name = "net\xff";
    const CompileConfig config = small_config();
    const Compiled compiled = compile(graph, small_activations(), config);
    const Program program = decode_program(compiled.image.memory.program);
    EXPECT_EQ(open_secrets(compiled.image.memory, program, load_root_key(config.keys), 1).size(), 3U);
}

TEST(RootKeyTest, ComesFromTheFileOrTheSeed) {
    const std::string path = (fs::temp_directory_path() / ("veilram_key_" + std::to_string(::getpid()))).string();
    KeyConfig config;
    config.seed = 5;
    const Key256 drawn = load_root_key(config);
    EXPECT_EQ(load_root_key(config), drawn);
    config.root_key_file = path;
    write_file(path, "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\n");
    const Key256 read = load_root_key(config);
    for (std::size_t i = 0; i < read.size(); ++i) EXPECT_EQ(read[i], i);
    for (const std::string& text :
         {std::string(63, '0'), std::string(66, '0'), std::string(63, '0') + "g", std::string()}) {
        write_file(path, text);
        expect_user_error([&] { load_root_key(config); }, path + ": expected a root key of 64 hex digits");
    }
    fs::remove(path);
    EXPECT_THROW(load_root_key(config), UserError);
}

TEST(RootKeyTest, AnotherKeyFileGivesOtherSecretsCellsAndSigns) {
    const std::string path = (fs::temp_directory_path() / ("veilram_draw_" + std::to_string(::getpid()))).string();
    const auto compile_with = [&](char digit, std::uint64_t seed) {
        write_file(path, std::string(64, digit));
        CompileConfig config = small_config();
        config.signs.mode = SignMode::public_signs; // their places without a sign show the draw, too
        config.keys.root_key_file = path;
        config.keys.seed = seed;
        return compile_small(config);
    };
    const Compiled a = compile_with('a', 1);
    for (const Compiled& other : {compile_with('b', 1), compile_with('a', 2)}) {
        EXPECT_NE(other.image.nvm.cells, a.image.nvm.cells);
        EXPECT_NE(other.image.nvm.signs, a.image.nvm.signs);
        for (std::size_t l = 0; l < a.secrets.size(); ++l) {
            EXPECT_NE(other.secrets[l].gsl[0].vectors, a.secrets[l].gsl[0].vectors);
            EXPECT_NE(other.secrets[l].start, a.secrets[l].start);
            EXPECT_NE(other.secrets[l].mask_key, a.secrets[l].mask_key);
        }
    }
    EXPECT_EQ(compile_with('a', 1).image.nvm.cells, a.image.nvm.cells);
    fs::remove(path);
}

TEST(CompileTest, TheSignsOfTwoVersionsAreMaskedByDifferentKeystreams) {
    CompileConfig config = small_config();
    const Compiled first = compile_small(config);
    config.keys.version = 2;
    const Compiled second = compile_small(config);
    EXPECT_EQ(second.image.nvm.cells, first.image.nvm.cells);
    EXPECT_NE(second.image.nvm.signs, first.image.nvm.signs);
    EXPECT_NE(second.secrets[0].mask_key, first.secrets[0].mask_key);
}

TEST(OpenSecretsTest, GivesTheOwnersSecrets) {
    for (const KeyScope scope : {KeyScope::network, KeyScope::layer, KeyScope::crossbar}) {
        CompileConfig config = small_config();
        config.keys.scope = scope;
        const Compiled compiled = compile_small(config);
        EXPECT_EQ(open(compiled, compiled.image, config), compiled.secrets);
    }
}

TEST(OpenSecretsTest, EveryFlippedBitOfABlobIsRefused) {
    const CompileConfig config = small_config();
    const Compiled compiled = compile_small(config);
    Image image = compiled.image;
    for (std::size_t l = 0; l < image.memory.sealed.size(); ++l)
        for (std::size_t bit = l; bit < 8 * image.memory.sealed[l].size(); bit += 5) {
            std::uint8_t& byte = image.memory.sealed[l][bit / 8];
            byte ^= static_cast<std::uint8_t>(1U << (bit % 8));
            expect_user_error([&] { open(compiled, image, config); },
                              "matrix layer " + std::to_string(l) + " are refused");
            byte = compiled.image.memory.sealed[l][bit / 8];
        }
    EXPECT_NO_THROW(open(compiled, image, config));
}

TEST(OpenSecretsTest, EveryFlippedBitOfTheProgramIsRefused) {
    const CompileConfig config = small_config();
    const Compiled compiled = compile_small(config);
    Image image = compiled.image;
    for (std::size_t bit = 0; bit < 8 * image.memory.program.size(); bit += 19) {
        char& byte = image.memory.program[bit / 8];
        byte = static_cast<char>(byte ^ (1 << (bit % 8)));
        expect_user_error([&] { open(compiled, image, config); }, "are refused");
        byte = compiled.image.memory.program[bit / 8];
    }
    EXPECT_NO_THROW(open(compiled, image, config));
}

TEST(OpenSecretsTest, BlobsOfOtherLayersVersionsAndOwnersAreRefused) {
    const CompileConfig config = small_config();
    const Compiled compiled = compile_small(config);
    Image image = compiled.image;
    std::swap(image.memory.sealed[0], image.memory.sealed[1]);
    expect_user_error([&] { open(compiled, image, config); }, "matrix layer 0 are refused");
    CompileConfig older = config;
    older.keys.version = 7;
    image = compiled.image;
    image.memory.sealed = compile_small(older).image.memory.sealed;
    expect_user_error([&] { open(compiled, image, config); }, "are refused");
    CompileConfig foreign = config;
    foreign.keys.seed = 1234;
    expect_user_error([&] { open(compiled, compiled.image, foreign); }, "root key");
    image = compiled.image;
    image.memory.sealed.pop_back();
    expect_user_error([&] { open(compiled, image, config); }, "2 sealed blobs for 3 layers");
}

TEST(OpenSecretsTest, ReplayedVersionIsRefused) {
    CompileConfig config = small_config();
    config.keys.version = 4;
    const Compiled compiled = compile_small(config);
    const Key256 key = load_root_key(config.keys);
    EXPECT_NO_THROW(open_secrets(compiled.image.memory, compiled.program, key, 3));
    EXPECT_NO_THROW(open_secrets(compiled.image.memory, compiled.program, key, 4));
    expect_user_error([&] { open_secrets(compiled.image.memory, compiled.program, key, 5); }, "replayed older version");
    Program forged = compiled.program; // claiming to be new does not help: the version is under the seal
    forged.version = 5;
    expect_user_error([&] { open_secrets(compiled.image.memory, forged, key, 5); }, "are refused");
}

} // namespace veilram::test
