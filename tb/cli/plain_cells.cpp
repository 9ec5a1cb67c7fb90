#include "tb/cli/plain_cells.hpp"

#include "models/nn/onnx.hpp"
#include "tb/cli/sfge_key.hpp"
#include "tb/cli/workload.hpp"

namespace veilram {

void check_encrypts(const RunConfig& config) {
    if (config.sfge.kind == SfgeKind::none)
        throw UserError("sfge.kind: none encrypts nothing; choose gradient, iterative, sign_flip or random, such as "
                        "--set sfge.kind=gradient");
}

PlainCells make_plain_cells(const RunConfig& config, const GradientsOf& gradients_of) {
    check_encrypts(config);
    const Graph graph = import_onnx(config.network.path);
    const Dataset calibration = load_calibration(config);
    check_fit(calibration, config, graph.in_shape, config.network.path);
    const SfgeKey key = choose_key(graph, config, gradients_of);
    const QuantisedNetwork network = quantise_network(graph, calibration, config);
    const std::vector<QuantWeights> weights = quantised_weights(network, config.compile.quant.weights);
    PlainCells cells;
    cells.patches = network_patches(graph, key, config.sfge, weights);
    cells.clear = make_level_image(network.graph, config.compile.input, layer_quants(network, weights), weights,
                                   config.compile.keys.version);
    cells.encrypted = encrypt(cells.clear, cells.patches, config.compile.keys);
    cells.key_weights = weight_count(key);
    cells.key_bits = key_bits(graph, key, config.sfge.kind);
    return cells;
}

} // namespace veilram
