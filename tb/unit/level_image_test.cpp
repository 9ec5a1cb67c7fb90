// Networks on plain cells, encrypted: what comes back, and what is refused.
#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/image/level_image.hpp"
#include "models/nn/level_engine.hpp"
#include "models/sfge/sfge.hpp"
#include "tb/unit/random_nn.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace veilram::test {
namespace {
namespace fs = std::filesystem;

class LevelImageTest : public ::testing::Test {
protected:
    LevelImageTest() : path_((fs::temp_directory_path() / ("veilram_level_" + std::to_string(::getpid()))).string()) {
        keys_.seed = 11;
        keys_.version = 3;
        renew();
    }
    ~LevelImageTest() override { fs::remove(path_); }

    /// Another network and its key.
    void renew() {
        const Graph graph = random_graph(rng_), folded = fold_batch_norm(graph);
        std::vector<QuantWeights> weights;
        std::vector<LayerQuant> quants;
        for (const std::size_t node : matrix_nodes(folded)) {
            weights.push_back(quantise_weights(folded.nodes[node].op, WeightScale::per_channel));
            const std::vector<float>& scale = weights.back().scale;
            quants.push_back({{2.0F, 64, 1}, scale, random_floats(rng_, scale.size())});
        }
        const SfgeConfig config{SfgeKind::random, {6, false}, {1.0, false}, 0};
        key_ = choose_at_random(graph, config.count, rng_());
        clear_ = make_level_image(folded, {}, quants, weights, keys_.version);
        image_ = encrypt(clear_, network_patches(graph, key_, config, weights), keys_);
    }
    LevelImage decrypted(const LevelImage& image) const { return decrypt(image, load_root_key(keys_), keys_.version); }

    void expect_equal(const LevelImage& a, const LevelImage& b) const {
        EXPECT_EQ(a.text, b.text);
        EXPECT_EQ(a.sealed, b.sealed);
        ASSERT_EQ(a.levels.size(), b.levels.size());
        for (std::size_t l = 0; l < a.levels.size(); ++l) EXPECT_EQ(a.levels[l].q, b.levels[l].q);
    }
    /// Flips a bit of `part`, which lies in the image's file as it is, and expects the owner to be refused.
    void expect_refused(const std::string& file, const std::string& part) {
        const std::size_t at = file.find(part);
        ASSERT_NE(at, std::string::npos);
        const auto last = static_cast<int>(part.size()) - 1;
        std::string spoilt = file;
        char& byte = spoilt[at + static_cast<std::size_t>(pick(rng_, 0, last))];
        byte = static_cast<char>(byte ^ (1 << pick(rng_, 0, 7)));
        write_file(path_, spoilt);
        EXPECT_THROW(decrypted(read_level_image(path_)), UserError);
    }

    Rng rng_ = make_rng(1, "level image test");
    KeyConfig keys_;
    SfgeKey key_;
    LevelImage clear_, image_;
    std::string path_;
};

TEST_F(LevelImageTest, DecryptionGivesTheClearImageBackBitForBit) {
    for (int i = 0; i < 10; ++i, renew()) {
        expect_equal(decrypted(image_), clear_);
        write_level_image(image_, path_);
        const LevelImage read = read_level_image(path_);
        expect_equal(read, image_);
        expect_equal(decrypted(read), clear_);
        const std::string file = read_file(path_);
        write_level_image(read, path_);
        EXPECT_EQ(read_file(path_), file);
    }
}

TEST_F(LevelImageTest, AtRestTheWeightsOfTheKeyAreWrongAndNoOthers) {
    std::size_t wrong = 0;
    for (std::size_t l = 0; l < key_.size(); ++l)
        for (std::size_t i = 0; i < clear_.levels[l].q.size(); ++i) {
            const bool differs = clear_.levels[l].q[i] != image_.levels[l].q[i];
            wrong += differs ? 1 : 0;
            if (differs) {
                EXPECT_EQ(std::count(key_[l].indices.begin(), key_[l].indices.end(), i), 1);
            }
        }
    EXPECT_GT(wrong, weight_count(key_) / 2); // a level at the end of its range may stay
    EXPECT_TRUE(image_.program.encrypted);
}

TEST_F(LevelImageTest, AnImageRunsWithoutItsGraphsWeights) {
    const Tensor images = random_tensor(rng_, {2, 3, 9, 9});
    ExactEngine owner(clear_.program.layers, decrypted(image_).levels), thief(image_.program.layers, image_.levels);
    const Tensor logits = infer(clear_.program.graph, images, owner);
    ExactEngine clean(clear_.program.layers, clear_.levels);
    EXPECT_EQ(logits.data, infer(clear_.program.graph, images, clean).data);
    EXPECT_NE(logits.data, infer(image_.program.graph, images, thief).data);
}

TEST_F(LevelImageTest, AnyChangedBitIsRefused) {
    write_level_image(image_, path_);
    const std::string file = read_file(path_);
    for (int i = 0; i < 60; ++i) {
        expect_refused(file, image_.text);
        for (const SealedBlob& blob : image_.sealed) expect_refused(file, {blob.begin(), blob.end()});
    }
    for (int i = 0; i < 200; ++i) { // magnitudes, with the sign bits that follow in the file
        const std::size_t layer = static_cast<std::size_t>(pick(rng_, 0, static_cast<int>(key_.size()) - 1));
        std::string magnitudes, signs((image_.levels[layer].q.size() + 7) / 8, '\0');
        const std::vector<std::int16_t>& q = image_.levels[layer].q;
        for (std::size_t w = 0; w < q.size(); ++w) {
            magnitudes += static_cast<char>(std::abs(q[w]));
            if (q[w] < 0) signs[w / 8] = static_cast<char>(signs[w / 8] | 1 << (w % 8));
        }
        expect_refused(file, i % 2 == 0 ? magnitudes : signs);
    }
}

TEST_F(LevelImageTest, ASignOfAWeightOfZeroCountsToo) {
    const std::size_t layer = 0;
    const std::vector<std::int16_t>& q = image_.levels[layer].q;
    std::string signs((q.size() + 7) / 8, '\0');
    for (std::size_t w = 0; w < q.size(); ++w)
        if (q[w] < 0) signs[w / 8] = static_cast<char>(signs[w / 8] | 1 << (w % 8));
    write_level_image(image_, path_);
    std::string file = read_file(path_);
    ASSERT_NE(q.size() % 8, 0U) << "the last byte must have bits of no weight";
    file[file.find(signs) + signs.size() - 1] ^= '\x80';
    write_file(path_, file);
    EXPECT_THROW(read_level_image(path_), UserError);
}

TEST_F(LevelImageTest, LevelsThatChangedInMemoryAreRefused) {
    LevelImage spoilt = image_;
    spoilt.levels[1].q[2] = static_cast<std::int16_t>(spoilt.levels[1].q[2] / 2 + 1);
    EXPECT_THROW(decrypted(spoilt), UserError);
}

TEST_F(LevelImageTest, OtherKeysOldVersionsAndForeignBlobsAreRefused) {
    KeyConfig other = keys_;
    other.seed = 12;
    EXPECT_THROW(decrypt(image_, load_root_key(other), 3), UserError);
    EXPECT_THROW(decrypt(image_, load_root_key(keys_), 4), UserError);
    EXPECT_NO_THROW(decrypt(image_, load_root_key(keys_), 2));
    EXPECT_THROW(decrypted(clear_), UserError);
    LevelImage swapped = image_;
    std::swap(swapped.sealed[0], swapped.sealed[1]);
    EXPECT_THROW(decrypted(swapped), UserError);
    swapped = image_;
    swapped.sealed.pop_back();
    EXPECT_THROW(decrypted(swapped), UserError);
    const LevelImage first = image_;
    renew(); // another network of the same name, under the same keys
    swapped = image_;
    swapped.sealed = first.sealed;
    EXPECT_THROW(decrypted(swapped), UserError);
}

TEST_F(LevelImageTest, PatchesOfOtherLevelsAreAMistakeOfOurs) {
    std::vector<std::vector<LevelPatch>> patches(clear_.levels.size());
    patches[0] = {{0, static_cast<std::int16_t>(clear_.levels[0].q[0] + 1), 5}};
    EXPECT_THROW(encrypt(clear_, patches, keys_), ModelError);
    patches[0] = {{1'000'000, 0, 5}};
    EXPECT_THROW(encrypt(clear_, patches, keys_), ModelError);
    EXPECT_THROW(encrypt(image_, {}, keys_), ModelError);
}

} // namespace
} // namespace veilram::test
