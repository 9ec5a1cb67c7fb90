#include "models/image/layer_mapping.hpp"

#include "models/base/parallel.hpp"
#include "models/image/sc_engine.hpp"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <string>
#include <utility>

namespace veilram {
namespace {

/// To be raised whenever the same weights and secrets give other cells than before: layers that were kept are then old.
constexpr std::uint64_t kMappingVersion = 5;

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

template <class Value> Digest digest_of(const std::vector<Value>& values) {
    return sha256(reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(Value));
}

} // namespace

std::vector<MappedCrossbar> map_layer(const QuantWeights& weights, const std::vector<CrossbarPlan>& plans,
                                      const CompileConfig& config, const LayerSecrets& secrets, std::size_t layer) {
    Progress progress("mapping", plans.size());
    return map_layer(weights, plans, config, secrets, layer, progress);
}

NvmPart map_layer(const LayerJob& job, Progress& progress) {
    const CompileConfig& config = job.config;
    const std::vector<CrossbarPlan>& plans = job.layer.crossbars;
    const LayerSecrets& secrets = job.secrets;
    std::vector<MappedCrossbar> mapped = map_layer(job.weights, plans, config, secrets, job.index, progress);
    const auto fit = [&] {
        return CellFit{job.weights,   config.map,         config.array,       config.converter,
                       secrets.start, job.inputs->levels, job.inputs->samples};
    };
    parallel_for(mapped.size(), [&](std::size_t x) {
        MappedCrossbar& crossbar = mapped[x];
        const std::string label = "sign_fill/layer" + std::to_string(job.index) + "/crossbar" + std::to_string(x);
        fill_unused_signs(crossbar.signs, plans[x], config.map.scheme, config.array, job.draw_key, label);
        if (config.map.scheme == MapScheme::paper && config.signs.mode == SignMode::masked)
            mask_signs(crossbar.signs, config.signs.generator, secrets.mask_key,
                       job.layer.first_crossbar + static_cast<std::uint32_t>(x));
        if (job.inputs) fit_cells(crossbar, plans[x], secrets.gsl[x], fit());
    });
    if (job.inputs && config.map.cells == CellChoice::output_aware) fit_outputs(mapped, plans, secrets.gsl, fit());
    NvmPart part;
    for (MappedCrossbar& crossbar : mapped) {
        part.cells.push_back(std::move(crossbar.cells));
        part.signs.push_back(std::move(crossbar.signs));
    }
    return part;
}

Key256 key_of(const LayerJob& job) {
    const CompileConfig& config = job.config;
    Bytes secret = encode(job.secrets, config.array);
    const WipedAtEnd wiped(secret);
    const Digest of_secrets = sha256(secret.data(), secret.size());
    Bytes content(of_secrets.begin(), of_secrets.end());
    const auto add = [&](const auto& values) {
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(values.data());
        content.insert(content.end(), bytes, bytes + values.size() * sizeof values[0]);
    };
    add(job.weights.q);
    if (job.inputs) {
        add(std::vector<double>{with_profile(config.map).spread});
        for (const LevelShares& channel : job.inputs->levels) add(channel.share);
        for (const Digest& digest : {digest_of(job.inputs->samples.levels), digest_of(job.inputs->samples.wanted)})
            add(digest);
        add(std::vector<int>{job.inputs->levels.front().zero, static_cast<int>(config.converter.kind),
                             config.converter.lfsr_seed});
    }
    for (const CrossbarPlan& plan : job.layer.crossbars) {
        add(std::vector<int>{plan.group, plan.first_output, plan.outputs});
        add(plan.inputs);
    }
    const ArrayGeometry& array = config.array;
    add(std::vector<std::uint64_t>{
        kMappingVersion, job.index, config.seed, job.layer.first_crossbar,
        static_cast<std::uint64_t>(config.map.scheme), static_cast<std::uint64_t>(config.map.solver),
        static_cast<std::uint64_t>(config.signs.mode), static_cast<std::uint64_t>(config.signs.generator),
        static_cast<std::uint64_t>(array.rows), static_cast<std::uint64_t>(array.cols),
        static_cast<std::uint64_t>(array.segment)});
    const Key256 digest = sha256(content.data(), content.size());
    const Bytes drawn = derive_bytes(job.draw_key, "layer/" + std::string(digest.begin(), digest.end()), digest.size());
    Key256 key{};
    std::copy(drawn.begin(), drawn.end(), key.begin());
    return key;
}

RealisedLayer measure(const LayerJob& job, const Program& program, const NvmSource& nvm) {
    const LayerProgram& layer = job.layer;
    const QuantWeights& weights = job.weights;
    const NvmView view = nvm.view(layer.first_crossbar, layer.crossbars.size());
    RealisedLayer result{std::vector<std::int32_t>(weights.scale.size()), 0};
    std::mutex mutex;
    parallel_for(layer.crossbars.size(), [&](std::size_t x) {
        const CrossbarPlan& plan = layer.crossbars[x];
        const MappedCrossbar crossbar{view.cells[x], true_signs(program, view.signs[x], job.secrets,
                                                                layer.first_crossbar + static_cast<std::uint32_t>(x))};
        const auto lines = realised_weights(crossbar, plan, program.scheme, program.array, job.secrets.gsl[x]);
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

} // namespace veilram
