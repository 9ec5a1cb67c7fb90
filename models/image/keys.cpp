#include "models/image/keys.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"

#include <algorithm>
#include <cctype>

namespace veilram {
namespace {

SealHeader seal_header(const SealedNetwork& network, const std::string& program, std::size_t layer) {
    SealHeader header;
    header.format = network.format;
    header.network = network.name;
    header.layer = static_cast<std::uint32_t>(layer);
    header.version = network.version;
    header.program = sha256(reinterpret_cast<const std::uint8_t*>(program.data()), program.size());
    return header;
}

} // namespace

Key256 load_root_key(const KeyConfig& config) {
    Key256 key{};
    if (config.root_key_file.empty()) {
        Bytes drawn = derive_bytes(config.seed, "root", key.size());
        const WipedAtEnd wiped(drawn);
        std::copy(drawn.begin(), drawn.end(), key.begin());
        return key;
    }
    std::string text = read_file(config.root_key_file);
    const WipedAtEnd wiped(text);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
    const bool hex = std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
    if (!hex || text.size() != 2 * key.size())
        throw UserError(config.root_key_file + ": expected a root key of 64 hex digits and nothing else; " +
                        "`openssl rand -hex 32` makes one");
    for (std::size_t i = 0; i < key.size(); ++i)
        key[i] = static_cast<std::uint8_t>(std::stoul(text.substr(2 * i, 2), nullptr, 16));
    return key;
}

Bytes load_draw_key(const KeyConfig& config) {
    if (config.root_key_file.empty()) return seed_key(config.seed);
    Key256 root_key = load_root_key(config);
    const WipedAtEnd wiped(root_key);
    return root_draw_key(root_key, config.seed);
}

std::vector<SealedBlob> seal_blobs(const SealedNetwork& network, const std::string& program,
                                   const std::vector<Bytes>& plain, const KeyConfig& keys) {
    Key256 root_key = load_root_key(keys);
    const WipedAtEnd wiped(root_key);
    std::vector<SealedBlob> sealed;
    for (std::size_t l = 0; l < plain.size(); ++l)
        sealed.push_back(seal(root_key, seal_header(network, program, l), plain[l]));
    return sealed;
}

std::vector<Bytes> open_blobs(const SealedNetwork& network, const std::string& program,
                              const std::vector<SealedBlob>& sealed, std::size_t layers, const Key256& root_key,
                              std::uint32_t minimum_version) {
    const std::string name = "image of '" + network.name + "'";
    if (network.version < minimum_version)
        throw UserError(name + ": version " + std::to_string(network.version) +
                        " is a replayed older version, the device expects " + std::to_string(minimum_version) +
                        " or newer; load the newest image");
    if (sealed.size() != layers)
        throw UserError(name + ": " + std::to_string(sealed.size()) + " sealed blobs for " + std::to_string(layers) +
                        " layers; compile the network again");
    std::vector<Bytes> opened;
    for (std::size_t l = 0; l < layers; ++l) {
        auto plain = unseal(root_key, seal_header(network, program, l), sealed[l]);
        if (plain) {
            opened.push_back(std::move(*plain));
            continue;
        }
        wipe(opened);
        throw UserError(name + ": the secrets of matrix layer " + std::to_string(l) +
                        " are refused: the root key is not the one it was sealed with, or a bit of the blob or of "
                        "the layer program has changed; check keys.root_key_file and keys.seed, or compile again");
    }
    return opened;
}

} // namespace veilram
