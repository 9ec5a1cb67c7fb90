#include "models/image/compile.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/progress.hpp"
#include "models/image/calibration_run.hpp"
#include "models/image/graph_json.hpp"
#include "models/image/layer_mapping.hpp"
#include "models/image/sc_engine.hpp"
#include "models/mapping/input_order.hpp"

#include <algorithm>
#include <optional>

namespace veilram {
namespace {

constexpr std::size_t kSamples = 16'384; ///< of a layer's outputs

struct BiasOf {
    const std::vector<float>* operator()(const Conv& op) const { return &op.bias; }
    const std::vector<float>* operator()(const Dense& op) const { return &op.bias; }
    template <class Other> const std::vector<float>* operator()(const Other&) const { return nullptr; }
};

LayerQuant layer_quant(const Op& op, const ActivationQuant& input, const QuantWeights& weights) {
    LayerQuant quant{input, weights.scale, *std::visit(BiasOf{}, op)};
    quant.bias.resize(weights.scale.size(), 0.0F);
    return quant;
}

/// Scales and biases of `network`, whose cells the mapped one has: what it is fitted with.
Program with_outputs_of(const Graph& network, Program program, const CompileConfig& config) {
    const std::vector<std::size_t> nodes = matrix_nodes(network);
    for (std::size_t l = 0; l < nodes.size(); ++l) {
        const Op& op = network.nodes[nodes[l]].op;
        LayerQuant& quant = program.layers[l].quant;
        quant = layer_quant(op, quant.input, quantise_for(config.map, op, config.quant.weights));
    }
    return program;
}

Program make_program(const Graph& graph, const std::vector<ActivationQuant>& activations, const CompileConfig& config) {
    Program program;
    program.version = config.keys.version;
    program.graph = without_weights(graph);
    program.input = config.input;
    program.array = config.array;
    program.scheme = config.map.scheme;
    program.n = config.map.vectors();
    program.converter = config.converter;
    program.adc = config.adc;
    program.signs = config.signs;
    if (program.signed_lines()) program.signs.mode = SignMode::public_signs; // there are none to mask
    const std::vector<std::size_t> nodes = matrix_nodes(graph);
    for (std::size_t l = 0; l < nodes.size(); ++l) {
        const Op& op = graph.nodes[nodes[l]].op;
        LayerProgram layer;
        const QuantWeights weights = quantise_for(config.map, op, config.quant.weights);
        layer.quant = layer_quant(op, activations[l], weights);
        layer.crossbars = plan_layer(matrix_shape(op), config.array, config.map, sees_pixels(graph.nodes[nodes[l]]));
        if (config.map.order == MapOrder::matched) {
            Rng rng = make_rng(config.seed, "order/" + std::to_string(l));
            match_inputs(weights, layer.crossbars, rng);
        }
        layer.first_crossbar = program.crossbar_count();
        program.layers.push_back(std::move(layer));
    }
    return program;
}

const Graph& float_network(const Graph& compiled, const Calibration& calibration) {
    return calibration.network.nodes.empty() ? compiled : calibration.network;
}

/// Follows the calibration images through the layers as these are mapped.
class Fitting {
public:
    /// Keeps references to `network`, `images` and `config`.
    Fitting(const Graph& network, const Tensor& images, const Program& program, const CompileConfig& config)
        : config_(config), program_(with_outputs_of(network, program, config)), run_(network, images) {}

    /// What the cells of layer `l` are to be fitted to; all layers before it are finished.
    std::optional<InputStatistics> inputs(std::size_t l) const {
        if (!config_.map.fits_cells()) return {};
        const LayerQuant& quant = program_.layers[l].quant;
        InputStatistics inputs{run_.levels(quant.input), {}};
        if (config_.map.cells == CellChoice::output_aware)
            inputs.samples = run_.samples(kSamples, quant.input, quant.weight_scale,
                                          make_rng(config_.seed, "samples/" + std::to_string(l)));
        return inputs;
    }
    /// To be called when the cells of layer `l` are in `nvm`. Returns its re-estimated scale and bias.
    LayerQuant finish_layer(std::size_t l, const NvmSource& nvm, const std::vector<LayerSecrets>& secrets) {
        ScEngine device(program_, nvm, secrets);
        const Node& node = program_.graph.nodes[matrix_nodes(program_.graph)[l]];
        return run_.correct(device.apply(l, node, run_.mapped_input(), 0), program_.layers[l].quant);
    }

private:
    const CompileConfig& config_;
    const Program program_;
    CalibrationRun run_;
};

/// Sums of weights are not known yet: zeros.
std::vector<LayerSecrets> draw_all_secrets(const Program& program, const CompileConfig& config, const Bytes& draw_key) {
    std::vector<LayerSecrets> all;
    for (const LayerProgram& layer : program.layers) {
        all.push_back(draw_secrets(draw_key, config.keys.scope, all.size(), layer.crossbars.size(),
                                   config.map.vectors(), config.array, config.keys.version));
        all.back().weight_sums.resize(layer.quant.weight_scale.size());
    }
    return all;
}

bool needs_images(const CompileConfig& config) {
    return config.map.fits_cells() || config.quant.outputs == OutputScale::re_estimated;
}

void check_request(const Graph& graph, const std::vector<ActivationQuant>& activations, const CompileConfig& config,
                   bool has_images) {
    check_array(config.array);
    const std::size_t layers = matrix_nodes(graph).size();
    if (layers == 0)
        throw UserError("network '" + graph.name +
                        "' has no conv or dense node, so there is nothing to put on crossbars");
    if (activations.size() != layers)
        throw ModelError(std::to_string(activations.size()) + " activation quantisers for " + std::to_string(layers) +
                         " matrix layers");
    if (needs_images(config) && !has_images)
        throw ModelError("stream-aware cells and re-estimated outputs need calibration images");
    if (config.map.n < 1 || config.map.n > kMaxVectors)
        throw UserError("map.n is " + std::to_string(config.map.n) + ", expected 1.." + std::to_string(kMaxVectors) +
                        " GSL vectors");
}

} // namespace

Compiled compile(const Graph& graph, const std::vector<ActivationQuant>& activations, const CompileConfig& config,
                 const Calibration& calibration) {
    MemoryStore store;
    Compiled compiled = compile(graph, activations, config, store, calibration);
    compiled.image.nvm = store.take();
    return compiled;
}

Compiled compile(const Graph& graph, const std::vector<ActivationQuant>& activations, const CompileConfig& config,
                 LayerStore& store, const Calibration& calibration) {
    check_request(graph, activations, config, !calibration.images.shape.empty());
    const Bytes draw_key = load_draw_key(config.keys);
    Compiled compiled;
    compiled.program = make_program(graph, activations, config);
    std::vector<std::size_t> crossbars;
    for (const LayerProgram& layer : compiled.program.layers) crossbars.push_back(layer.crossbars.size());
    store.begin(crossbars);
    compiled.secrets = draw_all_secrets(compiled.program, config, draw_key);
    std::optional<Fitting> fitting;
    if (needs_images(config))
        fitting.emplace(float_network(graph, calibration), calibration.images, compiled.program, config);
    Progress progress("mapping", compiled.program.crossbar_count());
    std::vector<std::int64_t> errors;
    const std::vector<std::size_t> nodes = matrix_nodes(graph);
    for (std::size_t l = 0; l < nodes.size(); ++l) {
        LayerProgram& layer = compiled.program.layers[l];
        LayerSecrets& secrets = compiled.secrets[l];
        const QuantWeights weights = quantise_for(config.map, graph.nodes[nodes[l]].op, config.quant.weights);
        std::optional<InputStatistics> inputs;
        if (fitting) inputs = fitting->inputs(l);
        const LayerJob job{config, draw_key, l, weights, layer, secrets, inputs};
        const Key256 key = key_of(job);
        if (store.holds(l, key))
            progress.step(crossbars[l]);
        else
            store.keep(l, key, map_layer(job, progress));
        RealisedLayer realised = measure(job, compiled.program, store);
        secrets.weight_sums = std::move(realised.sums);
        errors.push_back(realised.absolute_error);
        if (!fitting) continue;
        const LayerQuant corrected = fitting->finish_layer(l, store, compiled.secrets);
        if (config.quant.outputs == OutputScale::re_estimated) layer.quant = corrected;
    }
    compiled.image.memory.program = encode(compiled.program);
    compiled.program = decode_program(compiled.image.memory.program); // what every device will see, down to the
                                                                      // spelling of names
    seal_secrets(compiled, config.keys);
    compiled.storage = report_storage(compiled.program, compiled.image.memory, config.keys.scope);
    for (std::size_t l = 0; l < errors.size(); ++l) {
        compiled.storage.layers[l].storage.absolute_error = errors[l];
        compiled.storage.total.absolute_error += errors[l];
    }
    return compiled;
}

void seal_secrets(Compiled& compiled, const KeyConfig& keys) {
    const Program& program = compiled.program;
    std::vector<Bytes> plain;
    const WipedAtEnd wiped(plain);
    for (const LayerSecrets& secrets : compiled.secrets) plain.push_back(encode(secrets, program.array));
    MemoryPart& memory = compiled.image.memory;
    memory.sealed = seal_blobs({program.format, program.graph.name, program.version}, memory.program, plain, keys);
}

std::vector<LayerSecrets> open_secrets(const MemoryPart& memory, const Program& program, const Key256& root_key,
                                       std::uint32_t minimum_version) {
    const SealedNetwork network{program.format, program.graph.name, program.version};
    std::vector<LayerSecrets> secrets;
    std::vector<Bytes> opened =
        open_blobs(network, memory.program, memory.sealed, program.layers.size(), root_key, minimum_version);
    const WipedAtEnd wiped(opened);
    for (const Bytes& plain : opened) secrets.push_back(decode_secrets(plain, program.array));
    return secrets;
}

} // namespace veilram
