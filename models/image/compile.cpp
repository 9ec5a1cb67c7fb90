#include "models/image/compile.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/parallel.hpp"
#include "models/base/progress.hpp"
#include "models/image/graph_json.hpp"
#include "models/image/output_statistics.hpp"
#include "models/image/sc_engine.hpp"
#include "models/mapping/input_order.hpp"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <optional>

namespace veilram {
namespace {

/// To be raised whenever the same weights and secrets give other cells than before: layers that were kept are then old.
constexpr std::uint64_t kMappingVersion = 3;
constexpr std::size_t kSamples = 16'384; ///< of a layer's inputs
constexpr double kLayerShare = 0.1;      ///< what the whole layer's levels weigh beside a channel's own

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

std::vector<MappedCrossbar> map_layer(const QuantWeights& weights, const std::vector<CrossbarPlan>& plans,
                                      const CompileConfig& config, const LayerSecrets& secrets, std::size_t layer,
                                      Progress& progress) {
    std::vector<MappedCrossbar> crossbars(plans.size());
    parallel_for(plans.size(), [&](std::size_t x) {
        // A generator for each crossbar: its cells depend on nothing that was mapped before.
        Rng rng = make_rng(config.seed, "place/" + std::to_string(layer) + "/" + std::to_string(x));
        if (config.map.scheme == MapScheme::balanced) {
            crossbars[x] = random_crossbar(config.array, secrets.gsl[x], rng);
        } else {
            const std::unique_ptr<BlsSolver> solver = make_solver(config.map.solver);
            crossbars[x] = map_crossbar(weights, plans[x], config.array, secrets.gsl[x], *solver, rng);
        }
        progress.step();
    });
    return crossbars;
}

/// Places that hold no sign get key-derived bits, so that the converter's source is never degenerate and the dump does
/// not show which places are in use.
void fill_unused_signs(BitMatrix& signs, const CrossbarPlan& plan, MapScheme scheme, const ArrayGeometry& array,
                       const Bytes& draw_key, const std::string& label) {
    const auto pairs = static_cast<std::size_t>(array.row_pairs());
    const auto outputs = static_cast<std::size_t>(plan.outputs);
    const Bytes random = derive_bytes(draw_key, label, (signs.rows() * signs.cols() + 7) / 8);
    for (std::size_t i = 0; i < signs.rows(); ++i)
        for (std::size_t bit = 0; bit < signs.cols(); ++bit) {
            const std::size_t half = bit / pairs, at = i * signs.cols() + bit;
            const bool used = scheme == MapScheme::paper && half < 2 && plan.inputs[i + half * signs.rows()] >= 0 &&
                              bit % pairs < outputs;
            if (!used) signs.set(i, bit, ((random[at / 8] >> (at % 8)) & 1U) != 0);
        }
}

/// How a layer's inputs are, for its cells to be fitted to; absent for cells that are placed at random.
struct InputStatistics {
    LayerLevels levels;
    InputSamples samples; ///< for output-aware cells alone
};
using Inputs = std::optional<InputStatistics>;

/// The crossbars of a layer as they will be in the chip: every sign place filled and masked, cells fitted to the
/// streams that come from that.
NvmPart finished(std::vector<MappedCrossbar> mapped, const QuantWeights& weights, const LayerProgram& layer,
                 std::size_t index, const LayerSecrets& secrets, const CompileConfig& config, const Bytes& draw_key,
                 const Inputs& inputs) {
    const auto fit = [&] {
        return CellFit{weights,       config.map,     config.array,   config.converter,
                       secrets.start, inputs->levels, inputs->samples};
    };
    parallel_for(mapped.size(), [&](std::size_t x) {
        MappedCrossbar& crossbar = mapped[x];
        const std::string label = "sign_fill/layer" + std::to_string(index) + "/crossbar" + std::to_string(x);
        fill_unused_signs(crossbar.signs, layer.crossbars[x], config.map.scheme, config.array, draw_key, label);
        if (config.map.scheme == MapScheme::paper && config.signs.mode == SignMode::masked)
            mask_signs(crossbar.signs, config.signs.generator, secrets.mask_key,
                       layer.first_crossbar + static_cast<std::uint32_t>(x));
        if (inputs) fit_cells(crossbar, layer.crossbars[x], secrets.gsl[x], fit());
    });
    if (inputs && config.map.cells == CellChoice::output_aware)
        fit_outputs(mapped, layer.crossbars, secrets.gsl, fit());
    NvmPart part;
    for (MappedCrossbar& crossbar : mapped) {
        part.cells.push_back(std::move(crossbar.cells));
        part.signs.push_back(std::move(crossbar.signs));
    }
    return part;
}

/// What a channel's levels are estimated from: its own, and some of all the layer's, for a channel that was silent on
/// these images may speak on others.
LayerLevels level_shares(const LevelCounts& counts, int zero) {
    LevelShares all;
    double values = 0.0;
    for (const auto& channel : counts)
        for (std::size_t level = 0; level < channel.size(); ++level) {
            all.share[level] += static_cast<double>(channel[level]);
            values += static_cast<double>(channel[level]);
        }
    LayerLevels shares(counts.size());
    for (std::size_t c = 0; c < counts.size(); ++c) {
        shares[c].zero = zero;
        for (std::size_t level = 0; level < counts[c].size(); ++level)
            shares[c].share[level] =
                static_cast<double>(counts[c][level]) * static_cast<double>(counts.size()) / values +
                kLayerShare * all.share[level] / values;
    }
    return shares;
}

const Graph& float_network(const Graph& compiled, const Calibration& calibration) {
    return calibration.network.nodes.empty() ? compiled : calibration.network;
}

/// By layer.
std::vector<Inputs> inputs_of(const Graph& graph, const std::vector<ActivationQuant>& activations,
                              const CompileConfig& config, const Calibration& calibration) {
    std::vector<Inputs> inputs(activations.size());
    if (!config.map.fits_cells()) return inputs;
    const Graph& network = float_network(graph, calibration);
    const auto counts = count_levels(network, activations, calibration.images);
    for (std::size_t l = 0; l < inputs.size(); ++l)
        inputs[l] = InputStatistics{level_shares(counts[l], activations[l].zero), {}};
    if (config.map.cells == CellChoice::output_aware) {
        auto samples = sample_inputs(network, activations, calibration.images, kSamples, config.seed);
        for (std::size_t l = 0; l < inputs.size(); ++l) inputs[l]->samples = std::move(samples[l]);
    }
    return inputs;
}

/// Stands for everything that a layer's crossbars are made from, and tells nothing about it.
Key256 layer_key(const QuantWeights& weights, const LayerProgram& layer, std::size_t index, const LayerSecrets& secrets,
                 const CompileConfig& config, const Bytes& draw_key, const Inputs& inputs) {
    Bytes content = encode(secrets, config.array);
    const auto add = [&](const auto& values) {
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(values.data());
        content.insert(content.end(), bytes, bytes + values.size() * sizeof values[0]);
    };
    add(weights.q);
    if (inputs) {
        add(std::vector<double>{with_profile(config.map).spread});
        for (const LevelShares& channel : inputs->levels) add(channel.share);
        add(inputs->samples.levels);
        add(std::vector<int>{inputs->levels.front().zero, static_cast<int>(config.converter.kind),
                             config.converter.lfsr_seed});
    }
    for (const CrossbarPlan& plan : layer.crossbars) {
        add(std::vector<int>{plan.group, plan.first_output, plan.outputs});
        add(plan.inputs);
    }
    const ArrayGeometry& array = config.array;
    add(std::vector<std::uint64_t>{
        kMappingVersion, index, config.seed, layer.first_crossbar, static_cast<std::uint64_t>(config.map.scheme),
        static_cast<std::uint64_t>(config.map.solver), static_cast<std::uint64_t>(config.signs.mode),
        static_cast<std::uint64_t>(config.signs.generator), static_cast<std::uint64_t>(array.rows),
        static_cast<std::uint64_t>(array.cols), static_cast<std::uint64_t>(array.segment)});
    const Key256 digest = sha256(content.data(), content.size());
    wipe(content);
    const Bytes drawn = derive_bytes(draw_key, "layer/" + std::string(digest.begin(), digest.end()), digest.size());
    Key256 key{};
    std::copy(drawn.begin(), drawn.end(), key.begin());
    return key;
}

/// What the cells of a layer came to: per output the sum of its realised weights, and the sum of |line - target|.
struct Realised {
    std::vector<std::int32_t> sums;
    std::int64_t absolute_error = 0;
};

Realised measure_layer(const QuantWeights& weights, const Program& program, std::size_t index, const NvmSource& nvm,
                       const LayerSecrets& secrets) {
    const LayerProgram& layer = program.layers[index];
    const NvmView view = nvm.view(layer.first_crossbar, layer.crossbars.size());
    Realised result{std::vector<std::int32_t>(weights.scale.size()), 0};
    std::mutex mutex;
    parallel_for(layer.crossbars.size(), [&](std::size_t x) {
        const CrossbarPlan& plan = layer.crossbars[x];
        const MappedCrossbar crossbar{view.cells[x], true_signs(program, view.signs[x], secrets,
                                                                layer.first_crossbar + static_cast<std::uint32_t>(x))};
        const auto lines = realised_weights(crossbar, plan, program.scheme, program.array, secrets.gsl[x]);
        const std::size_t first = static_cast<std::size_t>(plan.group * weights.shape.outputs + plan.first_output);
        const auto outputs = static_cast<std::size_t>(plan.outputs);
        const std::lock_guard<std::mutex> lock(mutex); // whole numbers: any order gives the same sums
        for (std::size_t slot = 0; slot < plan.inputs.size(); ++slot) {
            if (plan.inputs[slot] < 0) continue;
            for (std::size_t o = 0; o < outputs; ++o) {
                const std::int32_t realised = lines[slot * outputs + o];
                const int weight = weights.at(static_cast<int>(first + o), plan.inputs[slot]);
                result.sums[first + o] += realised;
                result.absolute_error += program.signed_lines() ? std::abs(realised - weight)
                                                                : std::abs(std::abs(realised) - std::abs(weight));
            }
        }
    });
    return result;
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
    const bool needs_images = config.map.fits_cells() || config.quant.outputs == OutputScale::re_estimated;
    if (needs_images && !has_images)
        throw ModelError("stream-aware cells and re-estimated outputs need calibration images");
    if (config.map.n < 1 || config.map.n > kMaxVectors)
        throw UserError("map.n is " + std::to_string(config.map.n) + ", expected 1.." + std::to_string(kMaxVectors) +
                        " GSL vectors");
}

} // namespace

std::vector<MappedCrossbar> map_layer(const QuantWeights& weights, const std::vector<CrossbarPlan>& plans,
                                      const CompileConfig& config, const LayerSecrets& secrets, std::size_t layer) {
    Progress progress("mapping", plans.size());
    return map_layer(weights, plans, config, secrets, layer, progress);
}

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
    const std::vector<std::size_t> nodes = matrix_nodes(graph);
    Compiled compiled;
    compiled.program = make_program(graph, activations, config);
    std::vector<std::size_t> crossbars;
    for (const LayerProgram& layer : compiled.program.layers) crossbars.push_back(layer.crossbars.size());
    store.begin(crossbars);
    const std::vector<Inputs> inputs = inputs_of(graph, activations, config, calibration);
    Progress progress("mapping", compiled.program.crossbar_count());
    std::vector<std::int64_t> errors;
    for (std::size_t l = 0; l < nodes.size(); ++l) {
        const LayerProgram& layer = compiled.program.layers[l];
        const QuantWeights weights = quantise_for(config.map, graph.nodes[nodes[l]].op, config.quant.weights);
        LayerSecrets secrets = draw_secrets(draw_key, config.keys.scope, l, layer.crossbars.size(),
                                            config.map.vectors(), config.array, config.keys.version);
        const Key256 key = layer_key(weights, layer, l, secrets, config, draw_key, inputs[l]);
        if (store.holds(l, key))
            progress.step(crossbars[l]);
        else
            store.keep(l, key,
                       finished(map_layer(weights, layer.crossbars, config, secrets, l, progress), weights, layer, l,
                                secrets, config, draw_key, inputs[l]));
        Realised realised = measure_layer(weights, compiled.program, l, store, secrets);
        secrets.weight_sums = std::move(realised.sums);
        errors.push_back(realised.absolute_error);
        compiled.secrets.push_back(std::move(secrets));
    }
    if (config.quant.outputs == OutputScale::re_estimated)
        re_estimate_outputs(compiled.program, store, compiled.secrets, float_network(graph, calibration),
                            calibration.images);
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
    for (const LayerSecrets& secrets : compiled.secrets) plain.push_back(encode(secrets, program.array));
    MemoryPart& memory = compiled.image.memory;
    memory.sealed = seal_blobs({program.format, program.graph.name, program.version}, memory.program, plain, keys);
    for (Bytes& bytes : plain) wipe(bytes);
}

std::vector<LayerSecrets> open_secrets(const MemoryPart& memory, const Program& program, const Key256& root_key,
                                       std::uint32_t minimum_version) {
    const SealedNetwork network{program.format, program.graph.name, program.version};
    std::vector<LayerSecrets> secrets;
    for (Bytes& plain :
         open_blobs(network, memory.program, memory.sealed, program.layers.size(), root_key, minimum_version)) {
        secrets.push_back(decode_secrets(plain, program.array));
        wipe(plain);
    }
    return secrets;
}

} // namespace veilram
