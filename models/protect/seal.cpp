#include "models/protect/seal.hpp"

#include "models/base/diagnostics.hpp"
#include "models/protect/hkdf.hpp"
#include "models/protect/little_endian.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

namespace veilram {
namespace {

constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
static_assert(kNonceSize + kTagSize == kSealBytes);

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

CipherContext make_context() {
    CipherContext context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    if (!context) throw ModelError("OpenSSL cannot make a cipher context");
    return context;
}

/// The root key never enters the cipher itself: encryption and nonces have keys of their own.
Bytes derive_from_root(const Key256& root_key, const std::string& purpose, const Bytes& context, std::size_t count) {
    Bytes info(purpose.begin(), purpose.end());
    info.push_back(0);
    info.insert(info.end(), context.begin(), context.end());
    return hkdf_sha256(root_key.data(), root_key.size(), {}, info, count);
}

/// An AES key that is wiped when it leaves its scope.
class AesKey {
public:
    explicit AesKey(const Key256& root_key) : bytes_(derive_from_root(root_key, "veilram/seal/key", {}, 32)) {}
    ~AesKey() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
    AesKey(const AesKey&) = delete;
    AesKey& operator=(const AesKey&) = delete;
    const std::uint8_t* data() const { return bytes_.data(); }

private:
    Bytes bytes_;
};

/// Header and plain text both enter, so that two different texts under one header do not share a nonce either.
Bytes derive_nonce(const Key256& root_key, const Bytes& associated, const Bytes& plain) {
    Bytes context = associated;
    const Digest digest = sha256(plain.data(), plain.size());
    context.insert(context.end(), digest.begin(), digest.end());
    return derive_from_root(root_key, "veilram/seal/nonce", context, kNonceSize);
}

} // namespace

Digest sha256(const std::uint8_t* data, std::size_t size) {
    Digest digest{};
    if (EVP_Digest(data, size, digest.data(), nullptr, EVP_sha256(), nullptr) != 1) throw ModelError("SHA-256 failed");
    return digest;
}

Bytes SealHeader::encode() const {
    Bytes out;
    append_u32(out, format);
    append_u32(out, layer);
    append_u32(out, version);
    out.insert(out.end(), program.begin(), program.end());
    append_u32(out, static_cast<std::uint32_t>(network.size()));
    out.insert(out.end(), network.begin(), network.end());
    return out;
}

SealedBlob seal(const Key256& root_key, const SealHeader& header, const Bytes& plain) {
    const Bytes associated = header.encode();
    const AesKey key(root_key);
    SealedBlob blob = derive_nonce(root_key, associated, plain);
    blob.resize(kNonceSize + plain.size() + kTagSize);
    const auto context = make_context();
    int size = 0;
    std::uint8_t* text = blob.data() + kNonceSize;
    std::uint8_t* tag = text + plain.size();
    const bool done =
        EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), blob.data()) == 1 &&
        EVP_EncryptUpdate(context.get(), nullptr, &size, associated.data(), static_cast<int>(associated.size())) == 1 &&
        (plain.empty() ||
         EVP_EncryptUpdate(context.get(), text, &size, plain.data(), static_cast<int>(plain.size())) == 1) &&
        EVP_EncryptFinal_ex(context.get(), tag, &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagSize), tag) == 1;
    if (!done) throw ModelError("AES-256-GCM failed to seal layer " + std::to_string(header.layer));
    return blob;
}

std::optional<Bytes> unseal(const Key256& root_key, const SealHeader& header, const SealedBlob& blob) {
    if (blob.size() < kNonceSize + kTagSize) return std::nullopt;
    const Bytes associated = header.encode();
    const AesKey key(root_key);
    const std::uint8_t* text = blob.data() + kNonceSize;
    Bytes plain(blob.size() - kNonceSize - kTagSize);
    std::array<std::uint8_t, kTagSize> tag{};
    std::copy_n(text + plain.size(), kTagSize, tag.begin());
    std::array<std::uint8_t, kTagSize> rest{};
    const auto context = make_context();
    int size = 0;
    const bool authentic =
        EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), blob.data()) == 1 &&
        EVP_DecryptUpdate(context.get(), nullptr, &size, associated.data(), static_cast<int>(associated.size())) == 1 &&
        (plain.empty() ||
         EVP_DecryptUpdate(context.get(), plain.data(), &size, text, static_cast<int>(plain.size())) == 1) &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagSize), tag.data()) == 1 &&
        EVP_DecryptFinal_ex(context.get(), rest.data(), &size) == 1;
    if (authentic) return plain;
    OPENSSL_cleanse(plain.data(), plain.size());
    return std::nullopt;
}

} // namespace veilram
