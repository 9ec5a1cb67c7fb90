#include "models/image/level_image.hpp"

#include "models/base/bits.hpp"
#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/image/graph_json.hpp"
#include "models/image/hdf5_file.hpp"
#include "models/image/image.hpp"
#include "models/protect/little_endian.hpp"

#include <cstdlib>

namespace veilram {
namespace {

constexpr std::uint32_t kPatchFormat = 1;
constexpr std::size_t kPatchHeader = 8; ///< format, patches
constexpr std::size_t kPatchSize = 8;   ///< index, clean, encrypted
constexpr const char* kCreator = "VeilRAM " VEILRAM_VERSION;
constexpr const char* kProgram = "/memory/program";
constexpr const char* kMagnitudes = "/nvm/magnitudes";
constexpr const char* kSigns = "/nvm/signs";
constexpr const char* kSealed = "/memory/sealed";

/// The cells of one layer as bytes.
struct Cells {
    Bytes magnitudes; ///< a byte a weight
    Bytes signs;      ///< packed, 1 for negative
};

Cells cells_of(const QuantWeights& levels) {
    Cells cells{Bytes(levels.q.size()), Bytes((levels.q.size() + 7) / 8)};
    for (std::size_t i = 0; i < levels.q.size(); ++i) {
        cells.magnitudes[i] = static_cast<std::uint8_t>(std::abs(levels.q[i]));
        if (levels.q[i] < 0) cells.signs[i / 8] |= static_cast<std::uint8_t>(1U << (i % 8));
    }
    return cells;
}

std::vector<std::int16_t> levels_of(const Cells& cells) {
    std::vector<std::int16_t> levels(cells.magnitudes.size());
    for (std::size_t i = 0; i < levels.size(); ++i) {
        const bool negative = ((cells.signs[i / 8] >> (i % 8)) & 1U) != 0;
        levels[i] = static_cast<std::int16_t>(negative ? -cells.magnitudes[i] : cells.magnitudes[i]);
    }
    return levels;
}

Digest digest_of(const Cells& cells) {
    Bytes all = cells.magnitudes;
    all.insert(all.end(), cells.signs.begin(), cells.signs.end());
    return sha256(all.data(), all.size());
}

/// The program's text for the cells as they are now.
void describe_cells(LevelImage& image) {
    image.program.cells.clear();
    for (const QuantWeights& levels : image.levels) image.program.cells.push_back(digest_of(cells_of(levels)));
    image.text = encode(image.program);
    image.program = decode_level_program(image.text); // what every device will see, down to the spelling of names
}

void check_cells(const LevelProgram& program, std::size_t layer, const Cells& cells) {
    if (digest_of(cells) != program.cells.at(layer))
        throw UserError("image of '" + program.graph.name + "': cells of matrix layer " + std::to_string(layer) +
                        " are not those that its program was made for; a bit has changed: copy or make it again");
}

std::uint32_t as_u32(const LevelPatch& patch) {
    return static_cast<std::uint16_t>(patch.clean) |
           static_cast<std::uint32_t>(static_cast<std::uint16_t>(patch.encrypted)) << 16;
}

/// Throws ModelError unless every patch leads from these levels to others.
void check_patches(const std::vector<LevelPatch>& patches, const QuantWeights& levels, bool encrypted) {
    for (const LevelPatch& patch : patches)
        if (patch.index >= levels.q.size() || levels.q[patch.index] != (encrypted ? patch.encrypted : patch.clean))
            throw ModelError("a patch does not belong to the image");
}

SealedNetwork sealed_network(const LevelProgram& program) {
    return {kLevelFormat, program.graph.name, program.version};
}

QuantWeights read_levels(const Hdf5Reader& file, const LevelProgram& program, std::size_t layer, const Op& op) {
    const auto weights = static_cast<std::size_t>(element_count(matrix_weight(op).shape));
    const Cells cells{file.bytes(layer_dataset(kMagnitudes, layer)), file.bytes(layer_dataset(kSigns, layer))};
    if (cells.magnitudes.size() != weights || cells.signs.size() != (weights + 7) / 8)
        file.fail("cells of matrix layer " + std::to_string(layer) + " are not those of " + std::to_string(weights) +
                  " weights");
    check_cells(program, layer, cells);
    return {matrix_shape(op), levels_of(cells), program.layers[layer].weight_scale};
}

std::size_t content_bytes(const LevelImage& image) {
    std::size_t bytes = image.text.size();
    for (const QuantWeights& levels : image.levels) bytes += levels.q.size() + (levels.q.size() + 7) / 8;
    for (const SealedBlob& blob : image.sealed) bytes += blob.size();
    return bytes;
}

} // namespace

Bytes encode(const std::vector<LevelPatch>& patches) {
    Bytes bytes;
    append_u32(bytes, kPatchFormat);
    append_u32(bytes, static_cast<std::uint32_t>(patches.size()));
    for (const LevelPatch& patch : patches) {
        append_u32(bytes, patch.index);
        append_u32(bytes, as_u32(patch));
    }
    return bytes;
}

std::vector<LevelPatch> decode_patches(const Bytes& bytes) {
    if (bytes.size() < kPatchHeader || load_u32(bytes.data()) != kPatchFormat ||
        bytes.size() != kPatchHeader + kPatchSize * load_u32(bytes.data() + 4))
        throw ModelError("sealed patches of " + std::to_string(bytes.size()) + " bytes are malformed");
    std::vector<LevelPatch> patches;
    for (std::size_t at = kPatchHeader; at < bytes.size(); at += kPatchSize) {
        const std::uint32_t values = load_u32(bytes.data() + at + 4);
        patches.push_back({load_u32(bytes.data() + at), static_cast<std::int16_t>(values & 0xffffU),
                           static_cast<std::int16_t>(values >> 16)});
    }
    return patches;
}

LevelImage make_level_image(const Graph& graph, const InputFormat& input, const std::vector<LayerQuant>& layers,
                            const std::vector<QuantWeights>& weights, std::uint32_t version) {
    LevelImage image;
    image.program = {version, false, without_weights(graph), input, layers, {}};
    image.levels = weights;
    describe_cells(image);
    return image;
}

LevelImage encrypt(const LevelImage& clear, const std::vector<std::vector<LevelPatch>>& patches,
                   const KeyConfig& keys) {
    if (clear.program.encrypted || patches.size() != clear.levels.size())
        throw ModelError("the patches of a clear image of " + std::to_string(clear.levels.size()) +
                         " layers are needed");
    LevelImage image = clear;
    std::vector<Bytes> plain;
    const WipedAtEnd wiped(plain);
    for (std::size_t l = 0; l < patches.size(); ++l) {
        check_patches(patches[l], image.levels[l], false);
        encrypt(patches[l], image.levels[l]);
        plain.push_back(encode(patches[l]));
    }
    image.program.encrypted = true;
    describe_cells(image);
    image.sealed = seal_blobs(sealed_network(image.program), image.text, plain, keys);
    return image;
}

LevelImage decrypt(const LevelImage& image, const Key256& root_key, std::uint32_t minimum_version) {
    if (!image.program.encrypted)
        throw UserError("image of '" + image.program.graph.name +
                        "': is in clear, there is nothing to decrypt; `veilram encrypt` makes an encrypted one");
    for (std::size_t l = 0; l < image.levels.size(); ++l) check_cells(image.program, l, cells_of(image.levels[l]));
    std::vector<Bytes> opened = open_blobs(sealed_network(image.program), image.text, image.sealed, image.levels.size(),
                                           root_key, minimum_version);
    const WipedAtEnd wiped(opened);
    LevelImage clear = image;
    for (std::size_t l = 0; l < opened.size(); ++l) {
        const std::vector<LevelPatch> patches = decode_patches(opened[l]);
        check_patches(patches, clear.levels[l], true);
        decrypt(patches, clear.levels[l]);
    }
    clear.sealed.clear();
    clear.program.encrypted = false;
    describe_cells(clear);
    return clear;
}

void write_level_image(const LevelImage& image, const std::string& path) {
    write_atomically(path, [&](const std::string& temporary) {
        Hdf5Writer file(temporary, path, content_bytes(image));
        file.attribute("format", kLevelFormat);
        file.attribute("creator", kCreator);
        for (const char* group : {"/nvm", kMagnitudes, kSigns, "/memory", kSealed}) file.group(group);
        for (std::size_t l = 0; l < image.levels.size(); ++l) {
            const Cells cells = cells_of(image.levels[l]);
            file.bytes(layer_dataset(kMagnitudes, l), cells.magnitudes.data(), cells.magnitudes.size());
            file.bytes(layer_dataset(kSigns, l), cells.signs.data(), cells.signs.size());
        }
        file.bytes(kProgram, reinterpret_cast<const std::uint8_t*>(image.text.data()), image.text.size());
        for (std::size_t l = 0; l < image.sealed.size(); ++l)
            file.bytes(layer_dataset(kSealed, l), image.sealed[l].data(), image.sealed[l].size());
        file.close();
    });
}

LevelImage read_level_image(const std::string& path) {
    const Hdf5Reader file(path);
    const std::uint32_t format = file.attribute("format");
    if (format == kImageFormat)
        file.fail("not an image of plain cells but of 1T4R crossbars, which `veilram run --image` takes");
    if (format != kLevelFormat)
        file.fail("format " + std::to_string(format) + " is unknown; images of plain cells have format " +
                  std::to_string(kLevelFormat));
    LevelImage image;
    const Bytes text = file.bytes(kProgram);
    image.text.assign(text.begin(), text.end());
    try {
        image.program = decode_level_program(image.text);
    } catch (const UserError& error) {
        throw UserError(path + ": " + error.what());
    }
    const std::vector<std::size_t> nodes = matrix_nodes(image.program.graph);
    for (std::size_t l = 0; l < nodes.size(); ++l)
        image.levels.push_back(read_levels(file, image.program, l, image.program.graph.nodes[nodes[l]].op));
    for (std::size_t l = 0; l < file.count(kSealed); ++l) image.sealed.push_back(file.bytes(layer_dataset(kSealed, l)));
    return image;
}

bool is_level_image(const std::string& path) { return Hdf5Reader(path).attribute("format") == kLevelFormat; }

} // namespace veilram
