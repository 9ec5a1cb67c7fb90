// `veilram sfge`: what a few wrong weights do to a network, as a table.
#include "models/base/file.hpp"
#include "models/base/parallel.hpp"
#include "models/nn/onnx.hpp"
#include "tb/cli/commands.hpp"
#include "tb/cli/report.hpp"
#include "tb/cli/report_head.hpp"
#include "tb/cli/sfge_key.hpp"
#include "tb/cli/workload.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iomanip>
#include <ostream>

namespace veilram {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;

struct Accuracies {
    double in_float = 0.0, quantised = 0.0;
};

/// One kind, count and strength.
struct Row {
    SfgeConfig sfge;
    std::size_t weights = 0;
    std::size_t key_bits = 0;
    Accuracies accuracy;
    CellWrites one_bit, two_bit; ///< from the clean to the encrypted state, by bits of a cell
};

/// A network, clean, and the images that judge it.
class Bench {
public:
    Bench(const RunConfig& config, std::optional<std::size_t> images)
        : config_(config), test_(load_test(config.data, images)), graph_(import_onnx(config.network.path)) {
        check_fit(test_, config_, graph_.in_shape, config_.network.path);
        network_ = quantise_network(graph_, load_calibration(config_), config_);
        weights_ = quantised_weights(network_, config_.compile.quant.weights);
    }

    const Graph& graph() const { return graph_; }
    std::size_t images() const { return test_.count(); }
    Accuracies clean() const { return measure(graph_, weights_, "clean"); }
    Row row(const SfgeConfig& sfge, const SfgeKey& key) const;

private:
    Accuracies measure(const Graph& graph, const std::vector<QuantWeights>& weights, const std::string& what) const;

    const RunConfig& config_;
    Dataset test_;
    Graph graph_;
    QuantisedNetwork network_;
    std::vector<QuantWeights> weights_;
};

Accuracies Bench::measure(const Graph& graph, const std::vector<QuantWeights>& weights, const std::string& what) const {
    const InputFormat& input = config_.compile.input;
    FloatEngine in_float;
    ExactEngine exact(layer_quants(network_, weights), weights);
    return {accuracy(predict(graph, in_float, test_, input, what + ", float"), test_),
            accuracy(predict(network_.graph, exact, test_, input, what + ", 8 bit"), test_)};
}

Row Bench::row(const SfgeConfig& sfge, const SfgeKey& key) const {
    std::vector<QuantWeights> weights = weights_;
    const auto patches = network_patches(graph_, key, sfge, weights_);
    for (std::size_t l = 0; l < weights.size(); ++l) encrypt(patches[l], weights[l]);
    const std::string what = name_of(sfge.kind) + " " + std::to_string(sfge.count.most);
    return {sfge,
            weight_count(key),
            key_bits(graph_, key, sfge.kind),
            measure(encrypted(graph_, key, sfge), weights, what),
            cell_writes(patches, 1),
            cell_writes(patches, 2)};
}

std::string percent(double share) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(2) << share * 100;
    return text.str();
}

void print_head(const Bench& bench, const Accuracies& clean, std::ostream& out) {
    out << bench.graph().name << ", accuracy in % on " << bench.images() << " test images; clean: float "
        << percent(clean.in_float) << ", 8 bit " << percent(clean.quantised) << "\n"
        << "kind         N    eps  weights  key KiB   float   8 bit  1-bit cells  pulses  2-bit cells  pulses"
        << std::endl;
}

void print(const Row& row, std::ostream& out) {
    constexpr double kKibibyte = 8 * 1024;
    std::ostringstream eps;
    if (row.sfge.kind == SfgeKind::sign_flip)
        eps << "-";
    else
        eps << row.sfge.strength.eps;
    out << std::left << std::setw(10) << name_of(row.sfge.kind) << std::right << std::setw(4) << row.sfge.count.most
        << std::setw(7) << eps.str() << std::setw(9) << row.weights << std::setw(9) << std::fixed
        << std::setprecision(2) << static_cast<double>(row.key_bits) / kKibibyte << std::setw(8)
        << percent(row.accuracy.in_float) << std::setw(8) << percent(row.accuracy.quantised) << std::setw(13)
        << row.one_bit.cells << std::setw(8) << row.one_bit.pulses << std::setw(13) << row.two_bit.cells << std::setw(8)
        << row.two_bit.pulses << std::endl; // the next one may be minutes away
}

Json to_json(const CellWrites& writes) { return {{"cells", writes.cells}, {"pulses", writes.pulses}}; }

Json to_json(const Row& row) {
    const bool flips = row.sfge.kind == SfgeKind::sign_flip;
    return {{"kind", name_of(row.sfge.kind)},
            {"most", row.sfge.count.most},
            {"eps", flips ? Json() : Json(row.sfge.strength.eps)},
            {"weights", row.weights},
            {"key_bits", row.key_bits},
            {"float", row.accuracy.in_float},
            {"quantised", row.accuracy.quantised},
            {"writes_to_1_bit_cells", to_json(row.one_bit)},
            {"writes_to_2_bit_cells", to_json(row.two_bit)}};
}

Json report_json(const SfgeArgs& args, const RunConfig& config, const Bench& bench, const Accuracies& clean,
                 const std::vector<Row>& rows) {
    Json json = report_head(args.config, kFormat);
    json.update({{"network", {{"name", bench.graph().name}, {"path", config.network.path}}},
                 {"data", {{"source", name_of(config.data.source)}}},
                 {"images", bench.images()},
                 {"gradient_images", config.sfge.images},
                 {"cap", config.sfge.count.cap},
                 {"relative", config.sfge.strength.relative},
                 {"clean", {{"float", clean.in_float}, {"quantised", clean.quantised}}}});
    json["rows"] = Json::array();
    for (const Row& row : rows) json["rows"].push_back(to_json(row));
    return json;
}

std::vector<SfgeKind> kinds_of(const SfgeArgs& args) {
    std::vector<SfgeKind> kinds;
    for (const auto& [name, kind] : choices<SfgeKind>())
        if (kind != SfgeKind::none &&
            (args.kinds.empty() || std::count(args.kinds.begin(), args.kinds.end(), name) != 0))
            kinds.push_back(kind);
    return kinds;
}

SfgeArgs with_defaults(SfgeArgs args, const SfgeConfig& sfge) {
    if (args.most.empty()) args.most = {sfge.count.most};
    if (args.eps.empty()) args.eps = {sfge.strength.eps};
    return args;
}

/// Calls each(sfge, key) for every row of one kind. A key for fewer weights is a prefix, so there is one key for all
/// counts; and one for all strengths, but for that of i-SFGE.
template <class Each>
void for_each_row(const Graph& graph, SfgeConfig sfge, const SfgeArgs& args, const GradientsOf& gradients_of,
                  std::uint64_t seed, Each each) {
    const bool has_eps = sfge.kind != SfgeKind::sign_flip;
    SfgeKey key;
    for (const double eps : has_eps ? args.eps : std::vector<double>{sfge.strength.eps}) {
        sfge.strength.eps = eps;
        sfge.count.most = *std::max_element(args.most.begin(), args.most.end());
        if (key.empty() || sfge.kind == SfgeKind::iterative) key = choose(graph, sfge, gradients_of, seed);
        for (const int most : args.most) {
            sfge.count.most = most;
            each(sfge, prefix(graph, key, sfge.count));
        }
    }
}

/// One pass at the clean weights serves every kind.
GradientsOf with_clean_kept(const Graph& clean, const GradientsOf& gradients_of) {
    return [&clean, gradients_of, kept = std::vector<Tensor>()](const Graph& graph) mutable {
        if (&graph != &clean) return gradients_of(graph);
        if (kept.empty()) kept = gradients_of(clean);
        return kept;
    };
}

} // namespace

void sfge_command(const SfgeArgs& given, std::ostream& out) {
    const RunConfig config = load_run_config(given.config.config, given.config.settings);
    const SfgeArgs args = with_defaults(given, config.sfge);
    const std::vector<SfgeKind> kinds = kinds_of(args);
    const bool only_random = kinds == std::vector<SfgeKind>{SfgeKind::random};
    const GradientsOf gradients_of = only_random ? GradientsOf() : image_gradients(config);
    set_threads(static_cast<std::size_t>(config.threads));
    const std::string file = make_report_folder(args.out, args.config.config) + "/sfge.json";
    check_writable(file);
    const Bench bench(config, args.images);
    const GradientsOf kept = with_clean_kept(bench.graph(), gradients_of);
    const Accuracies clean = bench.clean();
    print_head(bench, clean, out);
    std::vector<Row> rows;
    for (const SfgeKind kind : kinds) {
        SfgeConfig sfge = config.sfge;
        sfge.kind = kind;
        for_each_row(bench.graph(), sfge, args, kept, config.compile.seed,
                     [&](const SfgeConfig& setting, const SfgeKey& key) {
                         rows.push_back(bench.row(setting, key));
                         print(rows.back(), out);
                         write_file(file, report_json(args, config, bench, clean, rows).dump(2) + "\n");
                     });
    }
    out << "report\n  " << file << "\n";
}

} // namespace veilram
