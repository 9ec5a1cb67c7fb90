#include "tb/cli/device.hpp"

#include "models/base/progress.hpp"
#include "models/image/sc_engine.hpp"
#include "models/image/sign_flips.hpp"

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

} // namespace

Device device_of(Compiled compiled) {
    return {std::make_shared<NvmPart>(std::move(compiled.image.nvm)), std::move(compiled.image.memory),
            std::move(compiled.program), std::move(compiled.secrets), compiled.storage};
}

Device compile_device(const QuantisedNetwork& network, const RunConfig& config, const std::optional<SfgeKey>& flips) {
    Compiled compiled = compile(network.graph, network.activations, config.compile, network.calibration);
    if (flips) add_sign_flips(compiled, compiled.image.nvm, *flips, config.compile.keys);
    return device_of(std::move(compiled));
}

Device open_image(const std::string& path, const KeyConfig& keys) {
    const auto file = std::make_shared<ImageFile>(path);
    Device device{file, file->memory(), file->program(), {}, {}};
    device.secrets = open_secrets(device.memory, device.program, load_root_key(keys), keys.version);
    device.storage = report_storage(device.program, device.memory, scope_of(device.secrets));
    note_flips(device.storage, device.secrets, device.memory);
    return device;
}

void describe_device(const Device& device, CompileConfig& config) {
    const Program& program = device.program;
    config.array = program.array;
    config.map.scheme = program.scheme;
    config.map.n = program.slots() / 2;
    config.converter = program.converter;
    config.adc = program.adc;
    config.signs = program.signs;
    config.input = program.input;
    config.keys.scope = scope_of(device.secrets);
}

std::map<PirateVariant, PirateResult> run_pirates(const Device& device, const NvmSource& dump, const RunConfig& config,
                                                  const Dataset& data) {
    const Dataset images = data.slice(0, static_cast<std::size_t>(config.pirate.images));
    std::map<PirateVariant, PirateResult> results;
    std::vector<PirateVariant> variants{PirateVariant::signs_known, PirateVariant::signs_unknown,
                                        PirateVariant::gsl_zero};
    if (count_flips(device.secrets) > 0) variants.push_back(PirateVariant::flips_unknown);
    for (const auto variant : variants) {
        const int guesses = variant == PirateVariant::flips_unknown ? 1 : config.pirate.seeds; // it guesses nothing
        for (int i = 0; i < guesses; ++i) {
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

PirateVariant real_thief(const Program& program) {
    const bool knows_signs = program.signed_lines() || program.signs.mode == SignMode::public_signs;
    return knows_signs ? PirateVariant::signs_known : PirateVariant::signs_unknown;
}

} // namespace veilram
