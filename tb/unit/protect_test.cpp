#include "models/base/diagnostics.hpp"
#include "models/protect/hkdf.hpp"
#include "models/protect/seal.hpp"
#include "models/protect/secrets.hpp"
#include "models/protect/sign_mask.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace veilram::test {
namespace {

constexpr std::uint64_t kSeeds[] = {1, 2, 77, 0xdeadbeefULL};
constexpr MaskGenerator kGenerators[] = {MaskGenerator::trivium, MaskGenerator::aes_ctr, MaskGenerator::lfsr};

Bytes unhex(const std::string& text) {
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
    return bytes;
}

std::string hex(const std::uint8_t* bytes, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += "0123456789abcdef"[bytes[i] >> 4];
        text += "0123456789abcdef"[bytes[i] & 15];
    }
    return text;
}

std::string keystream_hex(MaskGenerator generator, const Key128& key, std::uint32_t crossbar, std::uint32_t row,
                          unsigned bits) {
    BitMatrix stream(1, bits);
    sign_keystream(generator, key, crossbar, row, bits, stream.row(0));
    const Bytes bytes = to_bytes(stream);
    return hex(bytes.data(), bytes.size());
}

Key128 key128(std::uint64_t seed) {
    const Bytes bytes = derive_bytes(seed, "test key", 16);
    Key128 key{};
    std::copy(bytes.begin(), bytes.end(), key.begin());
    return key;
}

LayerSecrets sample_secrets(std::uint64_t seed, const ArrayGeometry& array) {
    LayerSecrets secrets = draw_secrets(seed, KeyScope::crossbar, 3, 4, 8, array);
    secrets.weight_sums = {0, -1, 2147483647, -2147483647 - 1, 12345};
    return secrets;
}

SealHeader sample_header() {
    SealHeader header;
    header.network = "lenet5";
    header.layer = 2;
    header.version = 7;
    header.program = sha256(reinterpret_cast<const std::uint8_t*>("program"), 7);
    return header;
}

} // namespace

// RFC 5869, appendix A.1.
TEST(HkdfTest, GivesThePublishedOutput) {
    const Bytes key(22, 0x0b);
    const Bytes out =
        hkdf_sha256(key.data(), key.size(), unhex("000102030405060708090a0b0c"), unhex("f0f1f2f3f4f5f6f7f8f9"), 42);
    EXPECT_EQ(hex(out.data(), out.size()),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

// RFC 5869, appendix A.3: no salt, no info.
TEST(HkdfTest, SaltAndInfoMayBeEmpty) {
    const Bytes key(22, 0x0b);
    const Bytes out = hkdf_sha256(key.data(), key.size(), {}, {}, 42);
    EXPECT_EQ(hex(out.data(), out.size()),
              "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

// FIPS 180-4 example.
TEST(Sha256Test, GivesThePublishedDigest) {
    const Digest digest = sha256(reinterpret_cast<const std::uint8_t*>("abc"), 3);
    EXPECT_EQ(hex(digest.data(), digest.size()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(DeriveBytesTest, LongDrawStartsWithTheShortOneAndDoesNotRepeat) {
    const Bytes longer = derive_bytes(5, "label", 3 * kHkdfMax + 11);
    ASSERT_EQ(longer.size(), 3 * kHkdfMax + 11);
    const Bytes shorter = derive_bytes(5, "label", 100);
    EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), longer.begin()));
    std::set<std::string> blocks;
    for (std::size_t at = 0; at + 16 <= longer.size(); at += 16) blocks.insert(hex(longer.data() + at, 16));
    EXPECT_EQ(blocks.size(), longer.size() / 16);
}

TEST(DeriveBytesTest, SeedAndLabelBothMatter) {
    EXPECT_EQ(derive_bytes(1, "a", 32), derive_bytes(1, "a", 32));
    EXPECT_NE(derive_bytes(1, "a", 32), derive_bytes(2, "a", 32));
    EXPECT_NE(derive_bytes(1, "a", 32), derive_bytes(1, "b", 32));
    EXPECT_NE(derive_bytes(1, "a", 32), derive_bytes(1ULL << 32 | 1, "a", 32));
    EXPECT_TRUE(derive_bytes(1, "a", 0).empty());
}

// By RFC 5869 in Python's hmac: images and tuned networks depend on these bits.
TEST(DrawSecretsTest, TheDefaultDrawNeverChanges) {
    const LayerSecrets secrets = draw_secrets(1, KeyScope::crossbar, 0, 1, 1, ArrayGeometry());
    EXPECT_EQ(secrets.gsl[0].vectors[0], GslVector{0x74d7cabf7c4c4c70ULL});
    EXPECT_EQ(hex(secrets.start.data(), 8), "cd89e030cec7115a");
    EXPECT_EQ(hex(secrets.mask_key.data(), secrets.mask_key.size()), "3687ac43f17268d7ee1a1d2f43f2967e");
    const Bytes root = derive_bytes(1, "root", 32);
    EXPECT_EQ(hex(root.data(), root.size()), "d01fcaf9b2ec0fb44b72b5273daaccb4b75adf30a248bfdc19478ae726d2dd96");
}

TEST(DrawSecretsTest, EveryVersionHasMaskKeysOfItsOwnAndNothingElse) {
    const ArrayGeometry array;
    const auto draw = [&](std::uint32_t version) {
        return draw_secrets(seed_key(1), KeyScope::crossbar, 0, 1, 1, array, version);
    };
    EXPECT_EQ(draw(1), draw_secrets(1, KeyScope::crossbar, 0, 1, 1, array));
    EXPECT_EQ(hex(draw(2).mask_key.data(), 16), "ecd55d1438349396648653abc5df7b78");
    EXPECT_NE(draw(2).mask_key, draw(3).mask_key);
    LayerSecrets second = draw(2);
    second.mask_key = draw(1).mask_key;
    EXPECT_EQ(second, draw(1));
}

TEST(RootDrawKeyTest, DependsOnRootKeyAndSeed) {
    Key256 root{};
    for (std::size_t i = 0; i < root.size(); ++i) root[i] = static_cast<std::uint8_t>(i);
    const Bytes key = root_draw_key(root, 1);
    EXPECT_EQ(hex(key.data(), key.size()), "fbc62a6bcccab05c2221a0601c6e0b9d63488634e2219691a7c2c6a0fb789268");
    EXPECT_NE(root_draw_key(root, 2), key);
    root[31] ^= 1;
    EXPECT_NE(root_draw_key(root, 1), key);
}

TEST(DrawSecretsTest, ScopeDecidesWhatIsShared) {
    const ArrayGeometry array;
    const auto draw = [&](KeyScope scope, std::size_t layer) { return draw_secrets(9, scope, layer, 3, 8, array); };
    const LayerSecrets network0 = draw(KeyScope::network, 0), layer0 = draw(KeyScope::layer, 0),
                       own0 = draw(KeyScope::crossbar, 0);
    EXPECT_EQ(network0, draw(KeyScope::network, 5));
    EXPECT_EQ(layer0.gsl[0].vectors, layer0.gsl[2].vectors);
    EXPECT_NE(layer0.gsl[0].vectors, draw(KeyScope::layer, 5).gsl[0].vectors);
    EXPECT_NE(layer0.start, draw(KeyScope::layer, 5).start);
    EXPECT_NE(layer0.mask_key, draw(KeyScope::layer, 5).mask_key);
    EXPECT_NE(own0.gsl[0].vectors, own0.gsl[1].vectors);
    EXPECT_EQ(own0, draw(KeyScope::crossbar, 0));
    ASSERT_EQ(own0.gsl.size(), 3U);
    EXPECT_EQ(own0.gsl[0].count(), 8);
}

TEST(DrawSecretsTest, VectorsAreBalancedRandomBitsWithinTheirSegments) {
    ArrayGeometry array;
    array.cols = 256;
    array.segment = 8; // 32 segments: the upper half of every word must stay clear
    const LayerSecrets secrets = draw_secrets(1, KeyScope::crossbar, 0, 100, 8, array);
    unsigned ones = 0;
    for (const GslVectors& gsl : secrets.gsl)
        for (const GslVector& vector : gsl.vectors) {
            EXPECT_EQ(vector[0] >> 32, 0U);
            ones += popcount(vector[0]);
        }
    EXPECT_NEAR(ones, 100 * 8 * 32 / 2, 4 * 80); // four standard deviations of a fair coin
}

TEST(KeyBitsTest, CountsEveryDistinctSecretOnce) {
    const ArrayGeometry array;
    const std::vector<std::size_t> layers{3, 2};
    EXPECT_EQ(key_bits(layers, KeyScope::network, 8, array, false), 8 * 64 + 2048);
    EXPECT_EQ(key_bits(layers, KeyScope::layer, 8, array, false), 2 * (8 * 64 + 2048));
    EXPECT_EQ(key_bits(layers, KeyScope::crossbar, 8, array, true), 5 * 8 * 64 + 2 * (2048 + 128));
}

TEST(LayerSecretsTest, WipingLeavesNothing) {
    LayerSecrets secrets = sample_secrets(4, ArrayGeometry());
    wipe(secrets);
    EXPECT_EQ(secrets, LayerSecrets());
}

TEST(LayerSecretsTest, EncodingKeepsEveryBit) {
    for (const int segment : {2, 4, 8, 64}) {
        ArrayGeometry array;
        array.segment = segment;
        const LayerSecrets secrets = sample_secrets(4, array);
        EXPECT_EQ(decode_secrets(encode(secrets, array), array), secrets) << "segment " << segment;
    }
}

TEST(LayerSecretsTest, EncodingHasTheDocumentedSize) {
    const ArrayGeometry array;
    EXPECT_EQ(encode(sample_secrets(4, array), array).size(), 20U + 4 * 8 * 8 + 256 + 16 + 4 * 5);
}

TEST(LayerSecretsTest, MalformedBytesAreRefused) {
    const ArrayGeometry array;
    const Bytes good = encode(sample_secrets(4, array), array);
    for (const std::size_t size : {std::size_t{0}, std::size_t{19}, std::size_t{20}, good.size() - 1})
        EXPECT_THROW(decode_secrets(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)), array),
                     ModelError);
    for (std::size_t field = 0; field < 20; ++field) { // every header byte
        Bytes bad = good;
        bad[field] ^= 0x81;
        EXPECT_THROW(decode_secrets(bad, array), ModelError) << "byte " << field;
    }
    ArrayGeometry other = array;
    other.segment = 8;
    EXPECT_THROW(decode_secrets(good, other), ModelError);
}

// ECRYPT eSTREAM verified test vectors, Trivium 80/80: set 1 vector 0 and set 5 vector 0, stream[0..63]. The nonce
// (0x80, 0) is the IV 80000000000000000000.
TEST(SignMaskTest, TriviumGivesThePublishedKeystream) {
    Key128 key{};
    EXPECT_EQ(keystream_hex(MaskGenerator::trivium, key, 0x80, 0, 512),
              "f8901736640549e3ba7d42ea2d07b9f49233c18d773008bd755585b1a8cbab86"
              "c1e9a9b91f1ad33483fd6ee3696d659c9374260456a36aae11f033a519cbd5d7");
    key[0] = 0x80;
    EXPECT_EQ(keystream_hex(MaskGenerator::trivium, key, 0, 0, 512),
              "38eb86ff730d7a9caf8df13a4420540dbb7b651464c87501552041c249f29a64"
              "d2fbf515610921ebe06c8f92cecf7f8098ff20cccc6a62b97be8ef7454fc80f9");
}

// FIPS 197 appendix C.1 with the counter block as plain text is not reachable by a nonce; NIST's AESAVS all-zero key
// and block is.
TEST(SignMaskTest, AesCtrGivesThePublishedKeystream) {
    EXPECT_EQ(keystream_hex(MaskGenerator::aes_ctr, Key128{}, 0, 0, 128), "66e94bd4ef8a2c3b884cfa59ca342b2e");
}

TEST(SignMaskTest, LfsrIsLinearInItsKey) { // the weakness that makes it the bad example
    const Key128 a = key128(1), b = key128(2);
    Key128 sum{}, zero{};
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = a[i] ^ b[i];
    Word of_a[4], of_b[4], of_sum[4], of_zero[4];
    sign_keystream(MaskGenerator::lfsr, a, 3, 5, 256, of_a);
    sign_keystream(MaskGenerator::lfsr, b, 3, 5, 256, of_b);
    sign_keystream(MaskGenerator::lfsr, sum, 3, 5, 256, of_sum);
    sign_keystream(MaskGenerator::lfsr, zero, 3, 5, 256, of_zero);
    for (int w = 0; w < 4; ++w) EXPECT_EQ(of_a[w] ^ of_b[w], of_sum[w] ^ of_zero[w]);
}

TEST(SignMaskTest, EveryRowOfEveryCrossbarHasAKeystreamOfItsOwn) {
    for (const MaskGenerator generator : kGenerators) {
        std::set<std::string> streams;
        for (std::uint32_t crossbar = 0; crossbar < 40; ++crossbar)
            for (std::uint32_t row = 0; row < 16; ++row)
                streams.insert(keystream_hex(generator, key128(3), crossbar, row, 256));
        EXPECT_EQ(streams.size(), 40U * 16U);
    }
}

TEST(SignMaskTest, KeystreamIsBalanced) {
    for (const MaskGenerator generator : kGenerators)
        for (const std::uint64_t seed : kSeeds) {
            std::vector<Word> stream(words_for(65536));
            sign_keystream(generator, key128(seed), 1, 2, 65536, stream.data());
            EXPECT_NEAR(popcount(stream.data(), stream.size()), 32768, 4 * 128); // four standard deviations
        }
}

TEST(SignMaskTest, MaskingTwiceGivesTheSignsBackAndKeepsThePaddingClear) {
    for (const MaskGenerator generator : kGenerators)
        for (const std::size_t cols : {std::size_t{100}, std::size_t{256}, std::size_t{300}}) {
            BitMatrix signs(8, cols);
            for (std::size_t c = 0; c < cols; c += 3) signs.set(c % 8, c, true);
            const BitMatrix before = signs;
            mask_signs(signs, generator, key128(5), 17);
            EXPECT_NE(signs, before);
            EXPECT_EQ(from_bytes(to_bytes(signs).data(), to_bytes(signs).size(), 8, cols),
                      signs); // bits beyond cols are zero
            mask_signs(signs, generator, key128(5), 18);
            EXPECT_NE(signs, before);
            mask_signs(signs, generator, key128(5), 18);
            mask_signs(signs, generator, key128(5), 17);
            EXPECT_EQ(signs, before);
        }
}

TEST(SealTest, OpensWhatWasSealed) {
    const Key256 root{1, 2, 3};
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{16}, std::size_t{1000}}) {
        const Bytes plain = derive_bytes(1, "plain", size);
        const SealedBlob blob = seal(root, sample_header(), plain);
        EXPECT_EQ(blob.size(), size + 12 + 16);
        const auto opened = unseal(root, sample_header(), blob);
        ASSERT_TRUE(opened.has_value());
        EXPECT_EQ(*opened, plain);
        EXPECT_EQ(blob, seal(root, sample_header(), plain));
    }
}

TEST(SealTest, EveryFlippedBitOfTheBlobIsRefused) {
    const Key256 root{1, 2, 3};
    const SealedBlob blob = seal(root, sample_header(), derive_bytes(1, "plain", 40));
    for (std::size_t bit = 0; bit < 8 * blob.size(); ++bit) {
        SealedBlob bad = blob;
        bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_FALSE(unseal(root, sample_header(), bad).has_value()) << "bit " << bit;
    }
    for (std::size_t size = 0; size < blob.size(); ++size)
        EXPECT_FALSE(
            unseal(root, sample_header(), SealedBlob(blob.begin(), blob.begin() + static_cast<std::ptrdiff_t>(size))));
}

TEST(SealTest, EveryOtherHeaderOrKeyIsRefused) {
    const Key256 root{1, 2, 3};
    const SealHeader header = sample_header();
    const SealedBlob blob = seal(root, header, derive_bytes(1, "plain", 40));
    std::vector<SealHeader> others(5, header);
    others[0].format ^= 2;
    others[1].network += "x";
    others[2].layer ^= 1;
    others[3].version -= 1;
    others[4].program[31] ^= 0x80;
    for (std::size_t i = 0; i < others.size(); ++i)
        EXPECT_FALSE(unseal(root, others[i], blob).has_value()) << "field " << i;
    for (std::size_t bit = 0; bit < 256; ++bit) {
        Key256 other = root;
        other[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_FALSE(unseal(other, header, blob).has_value()) << "key bit " << bit;
    }
}

TEST(SealTest, NoNonceIsUsedForTwoTexts) {
    const Key256 root{9};
    std::set<std::string> nonces;
    std::size_t blobs = 0;
    for (std::uint32_t layer = 0; layer < 10; ++layer)
        for (std::uint32_t version = 1; version < 6; ++version)
            for (std::uint8_t text = 0; text < 3; ++text) {
                SealHeader header = sample_header();
                header.layer = layer;
                header.version = version;
                nonces.insert(hex(seal(root, header, Bytes(20, text)).data(), 12));
                ++blobs;
            }
    EXPECT_EQ(nonces.size(), blobs);
}

} // namespace veilram::test
