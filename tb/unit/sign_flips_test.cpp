// Flipped signs under the protection of GSL vectors: the owner sees none of them, a thief all.
#include "models/attack/pirate.hpp"
#include "models/base/diagnostics.hpp"
#include "models/image/sign_flips.hpp"
#include "models/sfge/encrypt.hpp"
#include "tb/unit/small_network.hpp"

#include <gtest/gtest.h>

namespace veilram::test {
namespace {

/// Weights that are not 0, whose signs matter.
SfgeKey random_key(const Graph& graph, int most, std::uint64_t seed) {
    SfgeKey key = choose_at_random(graph, {most, false}, seed);
    const std::vector<std::size_t> nodes = matrix_nodes(graph);
    for (std::size_t l = 0; l < key.size(); ++l) {
        const QuantWeights weights = quantise_weights(graph.nodes[nodes[l]].op, WeightScale::per_channel);
        TensorKey kept;
        for (std::size_t i = 0; i < key[l].indices.size(); ++i)
            if (weights.q[key[l].indices[i]] != 0) {
                kept.indices.push_back(key[l].indices[i]);
                kept.signs.push_back(key[l].signs[i]);
            }
        key[l] = kept;
    }
    return key;
}

/// Every way in which signs and streams can hang together.
std::vector<CompileConfig> configs() {
    std::vector<CompileConfig> all;
    for (const SignMode mode : {SignMode::public_signs, SignMode::masked})
        for (const ConverterKind converter : {ConverterKind::sign_bit, ConverterKind::lfsr})
            for (const CellChoice cells : {CellChoice::random, CellChoice::stream_aware})
                for (const MapOrder order : {MapOrder::consecutive, MapOrder::matched}) {
                    all.push_back(small_config());
                    all.back().signs.mode = mode;
                    all.back().converter.kind = converter;
                    all.back().map.cells = cells;
                    all.back().map.order = order;
                }
    return all;
}

std::size_t differing_signs(const NvmPart& a, const NvmPart& b) {
    std::size_t count = 0;
    for (std::size_t x = 0; x < a.signs.size(); ++x)
        for (std::size_t row = 0; row < a.signs[x].rows(); ++row)
            for (std::size_t col = 0; col < a.signs[x].cols(); ++col)
                count += a.signs[x].get(row, col) != b.signs[x].get(row, col) ? 1 : 0;
    return count;
}

Compiled with_flips(Compiled device, const SfgeKey& key, const CompileConfig& config) {
    add_sign_flips(device, device.image.nvm, key, config.keys);
    return device;
}

TEST(SignFlipsTest, TheOwnersLogitsAreTheSameBitsAndAThiefsAreNot) {
    const Tensor images = small_images(3, 5);
    const SfgeKey key = random_key(small_network(1), 12, 1);
    for (const CompileConfig& config : configs()) {
        const Compiled clean = compile_small(config), device = with_flips(clean, key, config);
        EXPECT_EQ(device.image.nvm.cells, clean.image.nvm.cells);
        EXPECT_EQ(differing_signs(device.image.nvm, clean.image.nvm), weight_count(key)) << "one cell a weight";
        EXPECT_EQ(count_flips(device.secrets), weight_count(key));
        const Tensor owner = run(clean.program, clean.image.nvm, clean.secrets, images);
        EXPECT_EQ(run(device.program, device.image.nvm, device.secrets, images).data, owner.data);
        const PirateDevice thief =
            make_pirate(PirateVariant::flips_unknown, device.program, device.image.nvm, device.secrets, 1);
        EXPECT_NE(run(thief.program, device.image.nvm, thief.secrets, images).data, owner.data);
    }
}

TEST(SignFlipsTest, AThiefWithoutTheFlipsHasTheNetworkWithFlippedSigns) {
    const Tensor images = small_images(3, 6);
    const Graph graph = small_network(1);
    for (const std::uint64_t seed : {1, 2, 3}) {
        const SfgeKey key = random_key(graph, 12, seed);
        for (const SignMode mode : {SignMode::public_signs, SignMode::masked}) {
            CompileConfig config = small_config();
            config.signs.mode = mode;
            const Compiled device = with_flips(compile_small(config), key, config);
            const Compiled wrong =
                compile(with_flipped_signs(graph, key), small_activations(), config, small_images(4, 101));
            EXPECT_EQ(device.image.nvm.signs, wrong.image.nvm.signs);
            const PirateDevice thief =
                make_pirate(PirateVariant::flips_unknown, device.program, device.image.nvm, device.secrets, 1);
            EXPECT_EQ(run(thief.program, device.image.nvm, thief.secrets, images).data,
                      run(wrong.program, wrong.image.nvm, wrong.secrets, images).data);
        }
    }
}

TEST(SignFlipsTest, FlipsAreSealedWithTheLayersOtherSecrets) {
    const CompileConfig config = small_config();
    const SfgeKey key = random_key(small_network(1), 7, 2);
    const Compiled clean = compile_small(config), device = with_flips(clean, key, config);
    const Key256 root_key = load_root_key(config.keys);
    EXPECT_EQ(open_secrets(device.image.memory, device.program, root_key, 1), device.secrets);
    EXPECT_EQ(device.image.memory.program, clean.image.memory.program) << "nothing public tells of them";
    for (std::size_t l = 0; l < key.size(); ++l) {
        MemoryPart spoilt = device.image.memory;
        spoilt.sealed[l][spoilt.sealed[l].size() - 20] ^= 1U; // within the flips
        EXPECT_THROW(open_secrets(spoilt, device.program, root_key, 1), UserError);
    }
}

TEST(SignFlipsTest, KeysGrowByTheBitsThatNumberTheFlippedWeightsAndOneForEach) {
    const CompileConfig config = small_config();
    const SfgeKey key = random_key(small_network(1), 7, 2);
    const Compiled clean = compile_small(config), device = with_flips(clean, key, config);
    const std::size_t bits = 8 * weight_count(key);
    ASSERT_EQ(clean.storage.layers[0].storage.weights, 108); // 108, 108 and 120 weights: 7 bits, and the one at rest
    EXPECT_EQ(device.storage.total.flip_bits, static_cast<std::int64_t>(bits));
    EXPECT_EQ(device.storage.total.key_bits, clean.storage.total.key_bits + static_cast<std::int64_t>(bits));
    EXPECT_EQ(device.storage.total.absolute_error, clean.storage.total.absolute_error);
    EXPECT_EQ(device.storage.total.sealed_bytes,
              clean.storage.total.sealed_bytes + 16 * static_cast<std::int64_t>(weight_count(key)));
}

TEST(SignFlipsTest, FlippingTwiceGivesTheCrossbarsBackAndCopiesOnlyWhatChanges) {
    const CompileConfig config = small_config();
    SfgeKey key = random_key(small_network(1), 7, 3);
    key[0] = {};
    const Compiled clean = compile_small(config), device = with_flips(clean, key, config);
    const FlippedSigns restored(device.program, device.image.nvm, device.secrets);
    const std::size_t count = restored.crossbars();
    const NvmView view = restored.view(0, count);
    for (std::size_t x = 0; x < count; ++x) {
        EXPECT_EQ(view.signs[x], clean.image.nvm.signs[x]);
        EXPECT_EQ(view.cells[x], clean.image.nvm.cells[x]);
    }
    EXPECT_EQ(restored.view(0, device.program.layers[0].crossbars.size()).signs, device.image.nvm.signs.data());
    EXPECT_NE(view.signs, device.image.nvm.signs.data());
    EXPECT_EQ(view.cells, device.image.nvm.cells.data());
}

TEST(SignFlipsTest, SignsWithinLinesCannotBeFlipped) {
    CompileConfig config = small_config();
    config.map.scheme = MapScheme::balanced;
    Compiled device = compile_small(config);
    EXPECT_THROW(add_sign_flips(device, device.image.nvm, random_key(small_network(1), 3, 1), config.keys), UserError);
    Compiled paper = compile_small(small_config());
    EXPECT_THROW(add_sign_flips(paper, paper.image.nvm, {}, config.keys), ModelError);
}

TEST(SignFlipsTest, PlacesOutsideTheCrossbarsAreAMistakeOfOurs) {
    const CompileConfig config = small_config();
    const Compiled device = with_flips(compile_small(config), random_key(small_network(1), 3, 1), config);
    for (const SignFlip& place : {SignFlip{1000, 0, 0, false}, SignFlip{0, 3, 0, false}, SignFlip{0, 0, 256, false}}) {
        std::vector<LayerSecrets> secrets = device.secrets;
        secrets[1].flips = {place};
        EXPECT_THROW(FlippedSigns(device.program, device.image.nvm, secrets), ModelError);
    }
}

} // namespace
} // namespace veilram::test
