#include "models/protect/secrets.hpp"

#include "models/base/diagnostics.hpp"
#include "models/protect/hkdf.hpp"
#include "models/protect/little_endian.hpp"

#include <openssl/crypto.h>

#include <algorithm>

namespace veilram {
namespace {

constexpr std::uint32_t kSecretsFormat = 2;
constexpr std::size_t kSecretsHeader = 5 * 4; ///< format, crossbars, n, segments, outputs
constexpr std::size_t kStartBits = 256 * 8;
constexpr std::size_t kMaskBits = 128;
constexpr std::size_t kFlipSize = 16; ///< crossbar, row, column, bit at rest

std::size_t vector_bytes(int segments) { return (static_cast<std::size_t>(segments) + 7) / 8; }

void append_vector(Bytes& out, const GslVector& vector, int segments) {
    if (vector.size() != words_for(static_cast<std::size_t>(segments)))
        throw ModelError("a GSL vector does not have " + std::to_string(segments) + " bits");
    for (std::size_t b = 0; b < vector_bytes(segments); ++b)
        out.push_back(static_cast<std::uint8_t>(vector[b / 8] >> (8 * (b % 8))));
}

GslVector load_vector(const std::uint8_t* bytes, int segments) {
    GslVector vector(words_for(static_cast<std::size_t>(segments)));
    for (int j = 0; j < segments; ++j)
        set_bit(vector.data(), static_cast<std::size_t>(j), ((bytes[j / 8] >> (j % 8)) & 1U) != 0);
    return vector;
}

GslVectors draw_vectors(const Bytes& key, const std::string& label, int n, int segments) {
    const std::size_t size = vector_bytes(segments);
    Bytes bytes = derive_bytes(key, label, static_cast<std::size_t>(n) * size);
    GslVectors gsl;
    for (int i = 0; i < n; ++i)
        gsl.vectors.push_back(load_vector(bytes.data() + static_cast<std::size_t>(i) * size, segments));
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return gsl;
}

Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

/// Label of a secret that a whole layer shares.
std::string layer_label(const std::string& what, KeyScope scope, std::size_t layer) {
    return scope == KeyScope::network ? what : what + "/layer" + std::to_string(layer);
}

} // namespace

bool operator==(const LayerSecrets& a, const LayerSecrets& b) {
    const auto same_vectors = [](const GslVectors& x, const GslVectors& y) { return x.vectors == y.vectors; };
    return std::equal(a.gsl.begin(), a.gsl.end(), b.gsl.begin(), b.gsl.end(), same_vectors) && a.start == b.start &&
           a.mask_key == b.mask_key && a.weight_sums == b.weight_sums && a.flips == b.flips;
}

Bytes encode(const LayerSecrets& secrets, const ArrayGeometry& array) {
    const int n = secrets.gsl.empty() ? 0 : secrets.gsl.front().count();
    Bytes out;
    append_u32(out, kSecretsFormat);
    append_u32(out, static_cast<std::uint32_t>(secrets.gsl.size()));
    append_u32(out, static_cast<std::uint32_t>(n));
    append_u32(out, static_cast<std::uint32_t>(array.segments()));
    append_u32(out, static_cast<std::uint32_t>(secrets.weight_sums.size()));
    for (const GslVectors& gsl : secrets.gsl) {
        if (gsl.count() != n) throw ModelError("the crossbars of a layer differ in their number of GSL vectors");
        for (const GslVector& vector : gsl.vectors) append_vector(out, vector, array.segments());
    }
    out.insert(out.end(), secrets.start.begin(), secrets.start.end());
    out.insert(out.end(), secrets.mask_key.begin(), secrets.mask_key.end());
    for (const std::int32_t sum : secrets.weight_sums) append_u32(out, static_cast<std::uint32_t>(sum));
    for (const SignFlip& flip : secrets.flips)
        for (const std::uint32_t field : {flip.crossbar, flip.row, flip.column, std::uint32_t{flip.at_rest}})
            append_u32(out, field);
    return out;
}

LayerSecrets decode_secrets(const Bytes& bytes, const ArrayGeometry& array) {
    const auto field = [&](std::size_t i) { return static_cast<std::size_t>(load_u32(bytes.data() + 4 * i)); };
    if (bytes.size() < kSecretsHeader) throw ModelError("layer secrets end within their header");
    if (field(0) != kSecretsFormat) throw ModelError("layer secrets have format " + std::to_string(field(0)));
    const std::size_t crossbars = field(1), n = field(2), outputs = field(4), size = vector_bytes(array.segments());
    if (field(3) != static_cast<std::size_t>(array.segments()))
        throw ModelError("layer secrets are for " + std::to_string(field(3)) + " segments");
    LayerSecrets secrets;
    const std::size_t fixed = kSecretsHeader + secrets.start.size() + secrets.mask_key.size();
    const std::size_t flips_at = fixed + crossbars * n * size + 4 * outputs;
    if (crossbars * n > bytes.size() || bytes.size() < flips_at || (bytes.size() - flips_at) % kFlipSize != 0)
        throw ModelError("layer secrets of " + std::to_string(bytes.size()) + " bytes do not match their header");

    const std::uint8_t* at = bytes.data() + kSecretsHeader;
    secrets.gsl.resize(crossbars);
    for (GslVectors& gsl : secrets.gsl)
        for (std::size_t i = 0; i < n; ++i, at += size) gsl.vectors.push_back(load_vector(at, array.segments()));
    std::copy_n(at, secrets.start.size(), secrets.start.begin());
    at += secrets.start.size();
    std::copy_n(at, secrets.mask_key.size(), secrets.mask_key.begin());
    at += secrets.mask_key.size();
    for (std::size_t o = 0; o < outputs; ++o, at += 4)
        secrets.weight_sums.push_back(static_cast<std::int32_t>(load_u32(at)));
    for (; at < bytes.data() + bytes.size(); at += kFlipSize)
        secrets.flips.push_back({load_u32(at), load_u32(at + 4), load_u32(at + 8), load_u32(at + 12) != 0});
    return secrets;
}

void wipe(LayerSecrets& secrets) {
    for (GslVectors& gsl : secrets.gsl)
        for (GslVector& vector : gsl.vectors) OPENSSL_cleanse(vector.data(), vector.size() * sizeof(Word));
    OPENSSL_cleanse(secrets.start.data(), secrets.start.size());
    OPENSSL_cleanse(secrets.mask_key.data(), secrets.mask_key.size());
    OPENSSL_cleanse(secrets.weight_sums.data(), secrets.weight_sums.size() * sizeof(std::int32_t));
    OPENSSL_cleanse(secrets.flips.data(), secrets.flips.size() * sizeof(SignFlip));
    secrets.gsl.clear();
    secrets.weight_sums.clear();
    secrets.flips.clear();
}

void wipe(Bytes& bytes) {
    OPENSSL_cleanse(bytes.data(), bytes.size());
    bytes.clear();
}

void wipe(std::vector<Bytes>& all) {
    for (Bytes& bytes : all) wipe(bytes);
}

void wipe(std::string& text) {
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

void wipe(Key256& key) { OPENSSL_cleanse(key.data(), key.size()); }

Bytes seed_key(std::uint64_t key_seed) {
    Bytes key;
    append_u32(key, static_cast<std::uint32_t>(key_seed));
    append_u32(key, static_cast<std::uint32_t>(key_seed >> 32));
    return key;
}

Bytes root_draw_key(const Key256& root_key, std::uint64_t key_seed) {
    const Bytes seed = seed_key(key_seed);
    Bytes info = bytes_of("veilram/draw/key");
    info.push_back(0);
    info.insert(info.end(), seed.begin(), seed.end());
    return hkdf_sha256(root_key.data(), root_key.size(), {}, info, root_key.size());
}

Bytes derive_bytes(const Bytes& key, const std::string& label, std::size_t count) {
    const Bytes salt = bytes_of("veilram/secrets/1");
    Bytes out;
    out.reserve(count);
    for (std::uint32_t block = 0; out.size() < count;
         ++block) { // one HKDF expansion a block: it ends at kHkdfMax bytes
        Bytes info = bytes_of(label);
        info.push_back(0);
        append_u32(info, block);
        Bytes part = hkdf_sha256(key.data(), key.size(), salt, info, std::min(count - out.size(), kHkdfMax));
        out.insert(out.end(), part.begin(), part.end());
        OPENSSL_cleanse(part.data(), part.size());
    }
    return out;
}

LayerSecrets draw_secrets(const Bytes& key, KeyScope scope, std::size_t layer, std::size_t crossbars, int n,
                          const ArrayGeometry& array, std::uint32_t version) {
    LayerSecrets secrets;
    const std::string gsl_label = layer_label("gsl", scope, layer);
    for (std::size_t x = 0; x < crossbars; ++x) {
        const std::string own = scope == KeyScope::crossbar ? gsl_label + "/crossbar" + std::to_string(x) : gsl_label;
        if (x == 0 || scope == KeyScope::crossbar)
            secrets.gsl.push_back(draw_vectors(key, own, n, array.segments()));
        else
            secrets.gsl.push_back(secrets.gsl.front());
    }
    const Bytes start = derive_bytes(key, layer_label("start", scope, layer), secrets.start.size());
    std::copy(start.begin(), start.end(), secrets.start.begin());
    const std::string mask_label = version == 1 ? "mask" : "mask/version" + std::to_string(version);
    const Bytes mask = derive_bytes(key, layer_label(mask_label, scope, layer), secrets.mask_key.size());
    std::copy(mask.begin(), mask.end(), secrets.mask_key.begin());
    return secrets;
}

std::int64_t key_bits(const std::vector<std::size_t>& crossbars_per_layer, KeyScope scope, int n,
                      const ArrayGeometry& array, bool masked) {
    const std::int64_t vectors = static_cast<std::int64_t>(n) * array.segments();
    const std::int64_t shared = static_cast<std::int64_t>(kStartBits + (masked ? kMaskBits : 0));
    if (scope == KeyScope::network) return vectors + shared;
    std::int64_t bits = 0;
    for (const std::size_t crossbars : crossbars_per_layer)
        bits += shared + vectors * (scope == KeyScope::crossbar ? static_cast<std::int64_t>(crossbars) : 1);
    return bits;
}

} // namespace veilram
