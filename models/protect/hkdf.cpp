#include "models/protect/hkdf.hpp"

#include "models/base/diagnostics.hpp"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <memory>
#include <string>

namespace veilram {
namespace {

using Kdf = std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)>;

OSSL_PARAM octets(const char* name, const std::uint8_t* data, std::size_t size) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(data), size); // OpenSSL only reads it
}

} // namespace

std::vector<std::uint8_t> hkdf_sha256(const std::uint8_t* key, std::size_t key_size,
                                      const std::vector<std::uint8_t>& salt, const std::vector<std::uint8_t>& info,
                                      std::size_t count) {
    if (count == 0) return {};
    const Kdf kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr), EVP_KDF_free);
    if (!kdf) throw ModelError("OpenSSL offers no HKDF");
    const KdfContext context(EVP_KDF_CTX_new(kdf.get()), EVP_KDF_CTX_free);
    if (!context) throw ModelError("OpenSSL cannot make an HKDF context");

    std::string digest = "SHA256";
    std::vector<OSSL_PARAM> parameters{OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
                                       octets(OSSL_KDF_PARAM_KEY, key, key_size)};
    // OpenSSL refuses a null pointer, and an absent salt or info is the same as an empty one.
    if (!salt.empty()) parameters.push_back(octets(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()));
    if (!info.empty()) parameters.push_back(octets(OSSL_KDF_PARAM_INFO, info.data(), info.size()));
    parameters.push_back(OSSL_PARAM_construct_end());
    std::vector<std::uint8_t> out(count);
    if (EVP_KDF_derive(context.get(), out.data(), out.size(), parameters.data()) != 1)
        throw ModelError("HKDF refused to derive " + std::to_string(count) + " bytes");
    return out;
}

} // namespace veilram
