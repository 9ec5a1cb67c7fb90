#include "tb/cli/device.hpp"

#include "models/base/progress.hpp"
#include "models/image/sc_engine.hpp"

#include <algorithm>

namespace veilram {
namespace {

/// What shares one set of vectors, as the secrets show: the narrowest scope that explains them.
KeyScope scope_of(const std::vector<LayerSecrets>& secrets) {
    const auto same = [](const GslVectors& a, const GslVectors& b) { return a.vectors == b.vectors; };
    if (secrets.size() > 1 && secrets[0].start == secrets[1].start) return KeyScope::network;
    for (const LayerSecrets& layer : secrets)
        if (layer.gsl.size() > 1 && same(layer.gsl[0], layer.gsl[1])) return KeyScope::layer;
    return KeyScope::crossbar;
}

StorageReport storage_of(const Image& image, const Program& program, KeyScope scope) {
    StorageReport storage;
    std::vector<std::size_t> crossbars;
    for (const std::size_t node : matrix_nodes(program.graph)) {
        const MatrixShape shape = matrix_shape(program.graph.nodes[node].op);
        storage.weights += std::int64_t{shape.groups} * shape.inputs * shape.outputs;
    }
    for (const LayerProgram& layer : program.layers) crossbars.push_back(layer.crossbars.size());
    const auto area = [](const BitMatrix& bits) { return static_cast<std::int64_t>(bits.rows() * bits.cols()); };
    for (const BitMatrix& cells : image.nvm.cells) storage.cells += area(cells);
    for (const BitMatrix& signs : image.nvm.signs) storage.sign_cells += area(signs);
    for (const SealedBlob& blob : image.memory.sealed) storage.sealed_bytes += static_cast<std::int64_t>(blob.size());
    storage.crossbars = static_cast<std::int64_t>(image.nvm.cells.size());
    storage.program_bytes = static_cast<std::int64_t>(image.memory.program.size());
    storage.key_bits = key_bits(crossbars, scope, program.n, program.array, program.signs.mode == SignMode::masked);
    return storage;
}

} // namespace

Compiled open_image(const std::string& path, const KeyConfig& keys) {
    Compiled device;
    device.image = read_image(path);
    device.program = decode_program(device.image.memory.program);
    device.secrets = open_secrets(device.image, device.program, load_root_key(keys), keys.version);
    device.storage = storage_of(device.image, device.program, scope_of(device.secrets));
    return device;
}

void describe_device(const Compiled& device, CompileConfig& config) {
    const Program& program = device.program;
    config.array = program.array;
    config.map.n = program.n;
    config.converter = program.converter;
    config.adc = program.adc;
    config.signs = program.signs;
    config.input = program.input;
    config.keys.scope = scope_of(device.secrets);
}

std::map<PirateVariant, PirateResult> run_pirates(const Compiled& device, const NvmPart& dump, const RunConfig& config,
                                                  const Dataset& data) {
    const Dataset images = data.slice(0, static_cast<std::size_t>(config.pirate.images));
    std::map<PirateVariant, PirateResult> results;
    for (const auto variant : {PirateVariant::signs_known, PirateVariant::signs_unknown, PirateVariant::gsl_zero}) {
        for (int i = 0; i < config.pirate.seeds; ++i) {
            const std::uint64_t seed = config.compile.seed + static_cast<std::uint64_t>(i);
            const PirateDevice pirate = make_pirate(variant, device.program, dump, device.secrets, seed);
            ScEngine engine(pirate.program, dump, pirate.secrets);
            const std::string what = "pirate, " + to_string(variant) + ", seed " + std::to_string(seed);
            const auto predictions = predict(pirate.program.graph, engine, images, pirate.program.input, what);
            results[variant].accuracy.push_back(accuracy(predictions, images));
        }
    }
    return results;
}

PirateVariant real_thief(SignMode signs) {
    return signs == SignMode::public_signs ? PirateVariant::signs_known : PirateVariant::signs_unknown;
}

} // namespace veilram
