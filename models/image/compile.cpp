#include "models/image/compile.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/base/parallel.hpp"
#include "models/base/progress.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace veilram {
namespace {

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

/// The topology alone: what a thief may know.
Graph without_weights(Graph graph) {
    for (Node& node : graph.nodes) {
        const auto strip = [](auto& op) {
            op.weight.data.clear();
            op.bias.clear();
        };
        if (auto* conv = std::get_if<Conv>(&node.op)) strip(*conv);
        if (auto* dense = std::get_if<Dense>(&node.op)) strip(*dense);
    }
    return graph;
}

Program make_program(const Graph& graph, const std::vector<ActivationQuant>& activations,
                     const std::vector<QuantWeights>& weights, const CompileConfig& config) {
    Program program;
    program.version = config.keys.version;
    program.graph = without_weights(graph);
    program.input = config.input;
    program.array = config.array;
    program.n = config.map.n;
    program.converter = config.converter;
    program.adc = config.adc;
    program.signs = config.signs;
    const std::vector<std::size_t> nodes = matrix_nodes(graph);
    for (std::size_t l = 0; l < nodes.size(); ++l) {
        LayerProgram layer;
        layer.quant = layer_quant(graph.nodes[nodes[l]].op, activations[l], weights[l]);
        layer.crossbars = plan_layer(weights[l].shape, config.array, config.map);
        layer.first_crossbar = program.crossbar_count();
        program.layers.push_back(std::move(layer));
    }
    return program;
}

/// Copies the realised weights of one crossbar to their places in [groups * M][K].
void collect_realised(const MappedCrossbar& mapped, const CrossbarPlan& plan, const GslVectors& vectors,
                      const QuantWeights& weights, const ArrayGeometry& array, std::vector<std::int32_t>& realised) {
    const std::vector<std::int32_t> lines = realised_weights(mapped, plan, array, vectors);
    const std::size_t inputs = static_cast<std::size_t>(weights.shape.inputs);
    const int first = plan.group * weights.shape.outputs + plan.first_output;
    for (std::size_t slot = 0; slot < plan.inputs.size(); ++slot) {
        if (plan.inputs[slot] < 0) continue;
        for (int o = 0; o < plan.outputs; ++o)
            realised[static_cast<std::size_t>(first + o) * inputs + static_cast<std::size_t>(plan.inputs[slot])] =
                lines[slot * static_cast<std::size_t>(plan.outputs) + static_cast<std::size_t>(o)];
    }
}

MappedLayer map_layer(const QuantWeights& weights, const std::vector<CrossbarPlan>& plans, const CompileConfig& config,
                      const LayerSecrets& secrets, std::size_t layer, Progress& progress) {
    MappedLayer result;
    result.crossbars.resize(plans.size());
    result.realised.resize(weights.q.size());
    parallel_for(plans.size(), [&](std::size_t x) {
        // A generator for each crossbar: its cells depend on nothing that was mapped before.
        Rng rng = make_rng(config.seed, "place/" + std::to_string(layer) + "/" + std::to_string(x));
        const std::unique_ptr<BlsSolver> solver = make_solver(config.map.solver);
        result.crossbars[x] = map_crossbar(weights, plans[x], config.array, secrets.gsl[x], *solver, rng);
        collect_realised(result.crossbars[x], plans[x], secrets.gsl[x], weights, config.array, result.realised);
        progress.step();
    });
    return result;
}

/// Per output: sum over the inputs.
std::vector<std::int32_t> sum_inputs(const std::vector<std::int32_t>& realised, int inputs) {
    std::vector<std::int32_t> sums;
    for (auto row = realised.begin(); row != realised.end(); row += inputs)
        sums.push_back(std::accumulate(row, row + inputs, std::int32_t{0}));
    return sums;
}

/// Places that hold no sign get key-derived bits, so that the converter's source is never degenerate and the dump does
/// not show which places are in use.
void fill_unused_signs(BitMatrix& signs, const CrossbarPlan& plan, const ArrayGeometry& array, const Bytes& draw_key,
                       const std::string& label) {
    const auto pairs = static_cast<std::size_t>(array.row_pairs());
    const auto outputs = static_cast<std::size_t>(plan.outputs);
    const Bytes random = derive_bytes(draw_key, label, (signs.rows() * signs.cols() + 7) / 8);
    for (std::size_t i = 0; i < signs.rows(); ++i)
        for (std::size_t bit = 0; bit < signs.cols(); ++bit) {
            const std::size_t half = bit / pairs, at = i * signs.cols() + bit;
            const bool used = half < 2 && plan.inputs[i + half * signs.rows()] >= 0 && bit % pairs < outputs;
            if (!used) signs.set(i, bit, ((random[at / 8] >> (at % 8)) & 1U) != 0);
        }
}

/// Moves the crossbars of a layer into the chip: fills and masks their signs.
void place_layer(MappedLayer mapped, const LayerProgram& layer, std::size_t index, const LayerSecrets& secrets,
                 const CompileConfig& config, const Bytes& draw_key, NvmPart& nvm) {
    for (std::size_t x = 0; x < mapped.crossbars.size(); ++x) {
        MappedCrossbar& crossbar = mapped.crossbars[x];
        const std::string label = "sign_fill/layer" + std::to_string(index) + "/crossbar" + std::to_string(x);
        fill_unused_signs(crossbar.signs, layer.crossbars[x], config.array, draw_key, label);
        if (config.signs.mode == SignMode::masked)
            mask_signs(crossbar.signs, config.signs.generator, secrets.mask_key,
                       layer.first_crossbar + static_cast<std::uint32_t>(x));
        nvm.cells.push_back(std::move(crossbar.cells));
        nvm.signs.push_back(std::move(crossbar.signs));
    }
}

SealHeader seal_header(const Program& program, const std::string& text, std::size_t layer) {
    SealHeader header;
    header.format = program.format;
    header.network = program.graph.name;
    header.layer = static_cast<std::uint32_t>(layer);
    header.version = program.version;
    header.program = sha256(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    return header;
}

void seal_layers(Compiled& compiled, const KeyConfig& keys) {
    const Key256 root_key = load_root_key(keys);
    MemoryPart& memory = compiled.image.memory;
    memory.program = encode(compiled.program);
    compiled.program = decode_program(memory.program); // what every device will see, down to the spelling of names
    for (std::size_t l = 0; l < compiled.secrets.size(); ++l)
        memory.sealed.push_back(seal(root_key, seal_header(compiled.program, memory.program, l),
                                     encode(compiled.secrets[l], compiled.program.array)));
}

/// Sum of |line - target| over the crossbars of a layer, and over how many weights.
void add_error(const MappedLayer& mapped, const std::vector<CrossbarPlan>& plans, double& error, double& weights) {
    for (std::size_t x = 0; x < plans.size(); ++x) {
        const auto slots = std::count_if(plans[x].inputs.begin(), plans[x].inputs.end(), [](int k) { return k >= 0; });
        const double here = static_cast<double>(slots) * plans[x].outputs;
        error += mapped.crossbars[x].mean_abs_error * here;
        weights += here;
    }
}

void report_storage(Compiled& compiled, const CompileConfig& config) {
    StorageReport& storage = compiled.storage;
    const auto area = [](std::int64_t sum, const BitMatrix& bits) {
        return sum + static_cast<std::int64_t>(bits.rows() * bits.cols());
    };
    const auto& cells = compiled.image.nvm.cells;
    const auto& signs = compiled.image.nvm.signs;
    storage.crossbars = static_cast<std::int64_t>(cells.size());
    storage.cells = std::accumulate(cells.begin(), cells.end(), std::int64_t{0}, area);
    storage.sign_cells = std::accumulate(signs.begin(), signs.end(), std::int64_t{0}, area);
    std::vector<std::size_t> crossbars;
    for (const LayerProgram& layer : compiled.program.layers) crossbars.push_back(layer.crossbars.size());
    storage.key_bits =
        key_bits(crossbars, config.keys.scope, config.map.n, config.array, config.signs.mode == SignMode::masked);
    for (const SealedBlob& blob : compiled.image.memory.sealed)
        storage.sealed_bytes += static_cast<std::int64_t>(blob.size());
    storage.program_bytes = static_cast<std::int64_t>(compiled.image.memory.program.size());
}

void check_request(const Graph& graph, const std::vector<ActivationQuant>& activations, const CompileConfig& config) {
    check_array(config.array);
    const std::size_t layers = matrix_nodes(graph).size();
    if (layers == 0)
        throw UserError("network '" + graph.name +
                        "' has no conv or dense node, so there is nothing to put on crossbars");
    if (activations.size() != layers)
        throw ModelError(std::to_string(activations.size()) + " activation quantisers for " + std::to_string(layers) +
                         " matrix layers");
    if (config.map.n < 1 || config.map.n > kMaxVectors)
        throw UserError("map.n is " + std::to_string(config.map.n) + ", expected 1.." + std::to_string(kMaxVectors) +
                        " GSL vectors");
}

} // namespace

Key256 load_root_key(const KeyConfig& config) {
    Key256 key{};
    if (config.root_key_file.empty()) {
        const Bytes drawn = derive_bytes(config.seed, "root", key.size());
        std::copy(drawn.begin(), drawn.end(), key.begin());
        return key;
    }
    std::string text = read_file(config.root_key_file);
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
    return root_draw_key(load_root_key(config), config.seed);
}

MappedLayer map_layer(const QuantWeights& weights, const std::vector<CrossbarPlan>& plans, const CompileConfig& config,
                      const LayerSecrets& secrets, std::size_t layer) {
    Progress progress("mapping", plans.size());
    return map_layer(weights, plans, config, secrets, layer, progress);
}

Compiled compile(const Graph& graph, const std::vector<ActivationQuant>& activations, const CompileConfig& config) {
    check_request(graph, activations, config);
    const Bytes draw_key = load_draw_key(config.keys);
    std::vector<QuantWeights> weights;
    for (const std::size_t node : matrix_nodes(graph))
        weights.push_back(quantise_weights(graph.nodes[node].op, config.quant.weights));

    Compiled compiled;
    compiled.program = make_program(graph, activations, weights, config);
    Progress progress("mapping", compiled.program.crossbar_count());
    double error = 0.0, mapped_weights = 0.0;
    for (std::size_t l = 0; l < weights.size(); ++l) {
        const LayerProgram& layer = compiled.program.layers[l];
        LayerSecrets secrets = draw_secrets(draw_key, config.keys.scope, l, layer.crossbars.size(), config.map.n,
                                            config.array, config.keys.version);
        MappedLayer mapped = map_layer(weights[l], layer.crossbars, config, secrets, l, progress);
        secrets.weight_sums = sum_inputs(mapped.realised, weights[l].shape.inputs);
        add_error(mapped, layer.crossbars, error, mapped_weights);
        place_layer(std::move(mapped), layer, l, secrets, config, draw_key, compiled.image.nvm);
        compiled.secrets.push_back(std::move(secrets));
        compiled.storage.weights += static_cast<std::int64_t>(weights[l].q.size());
    }
    seal_layers(compiled, config.keys);
    report_storage(compiled, config);
    compiled.storage.mean_abs_error = mapped_weights > 0 ? error / mapped_weights : 0.0;
    return compiled;
}

std::vector<LayerSecrets> open_secrets(const MemoryPart& memory, const Program& program, const Key256& root_key,
                                       std::uint32_t minimum_version) {
    const std::string name = "image of '" + program.graph.name + "'";
    if (program.version < minimum_version)
        throw UserError(name + ": version " + std::to_string(program.version) +
                        " is a replayed older version, the device expects " + std::to_string(minimum_version) +
                        " or newer; load the newest image");
    if (memory.sealed.size() != program.layers.size())
        throw UserError(name + ": " + std::to_string(memory.sealed.size()) + " sealed blobs for " +
                        std::to_string(program.layers.size()) + " layers; compile the network again");
    std::vector<LayerSecrets> secrets;
    for (std::size_t l = 0; l < program.layers.size(); ++l) {
        const auto plain = unseal(root_key, seal_header(program, memory.program, l), memory.sealed[l]);
        if (!plain)
            throw UserError(name + ": the secrets of matrix layer " + std::to_string(l) +
                            " are refused: the root key is not the one it was sealed with, or a bit of the blob or of "
                            "the layer program has changed; check keys.root_key_file and keys.seed, or compile again");
        secrets.push_back(decode_secrets(*plain, program.array));
    }
    return secrets;
}

} // namespace veilram
