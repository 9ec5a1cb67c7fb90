#include "tb/cli/sfge_key.hpp"

#include "models/nn/onnx.hpp"

namespace veilram {

GradientsOf key_gradients(const RunConfig& config) {
    const SfgeKind kind = config.sfge.kind;
    return kind == SfgeKind::none || kind == SfgeKind::random ? GradientsOf() : image_gradients(config);
}

SfgeKey choose_key(const Graph& graph, const RunConfig& config, const GradientsOf& gradients_of) {
    return choose(graph, config.sfge, gradients_of, config.compile.seed);
}

std::optional<SfgeKey> choose_sign_flips(const RunConfig& config, const GradientsOf& gradients_of) {
    if (config.sfge.kind == SfgeKind::none) return std::nullopt;
    if (config.sfge.kind != SfgeKind::sign_flip)
        throw UserError("sfge.kind: " + name_of(config.sfge.kind) +
                        " moves magnitudes, which shared bit lines do not hold one by one; on 1T4R crossbars take "
                        "sign_flip or none, or put the network on plain cells with `veilram encrypt`");
    if (config.compile.map.scheme == MapScheme::balanced)
        throw UserError("sfge.kind: sign_flip needs signs in cells of their own: take map.scheme: paper, or "
                        "sfge.kind: none");
    const NetworkConfig& network = config.network;
    return choose_key(import_onnx(network.tuned.empty() ? network.path : network.tuned), config, gradients_of);
}

} // namespace veilram
