// `share` and `calibrate`: crossbar-level sharing of a network, and batch norms that follow a changed network.
#include "models/base/file.hpp"
#include "models/base/parallel.hpp"
#include "models/cls/share_network.hpp"
#include "models/data/shifted.hpp"
#include "models/nn/batch_norm.hpp"
#include "models/nn/onnx.hpp"
#include "tb/cli/commands.hpp"
#include "tb/cli/report_head.hpp"
#include "tb/cli/share_cells.hpp"
#include "tb/cli/workload.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iomanip>
#include <ostream>
#include <string>

namespace veilram {
namespace {

using Json = nlohmann::ordered_json;

Dataset calibration_images(const RunConfig& config) {
    const CalibrateConfig& c = config.calibrate;
    Dataset images = load_data(config.data, Split::train, static_cast<std::size_t>(c.images));
    if (c.shift == 0 && !c.mirror) return images;
    Rng rng = make_rng(c.seed, "calibrate");
    return shifted(images, c.shift, c.mirror, rng);
}

/// `images` must outlive the result.
ImageBatches batches_of(const Dataset& images, const RunConfig& config) {
    const auto size = static_cast<std::size_t>(config.calibrate.batch);
    return {(images.count() + size - 1) / size, [&images, &config, size](std::size_t b) {
                const std::size_t first = b * size, count = std::min(size, images.count() - first);
                return to_tensor(images.image(first), count, images.shape, config.compile.input);
            }};
}

/// What `share` finds out; accuracies are of weights of 8 bits, activations in float.
struct ShareReport {
    SharedNetwork network; ///< shared: with calibrated batch norms at last
    std::size_t images = 0;
    double quantised = 0.0, shared = 0.0, calibrated = 0.0;
};

ShareReport measure(const RunConfig& config, const Graph& graph, const Dataset& test) {
    const auto accuracy_of = [&](const Graph& network, const char* what) {
        FloatEngine engine;
        return accuracy(predict(network, engine, test, config.compile.input, what), test);
    };
    const Dataset images = calibration_images(config);
    const ImageBatches batches = batches_of(images, config);
    ShareReport report;
    report.images = test.count();
    report.network = share_network(unfold_batch_norm(graph, batches), config.cls);
    report.quantised = accuracy_of(report.network.quantised, "8-bit weights");
    report.shared = accuracy_of(report.network.shared, "shared");
    report.network.shared = with_batch_statistics(report.network.shared, batches);
    report.calibrated = accuracy_of(report.network.shared, "shared, calibrated");
    return report;
}

double ratio(std::int64_t a, std::int64_t b) { return b == 0 ? 0.0 : static_cast<double>(a) / static_cast<double>(b); }

Json to_json(const ShareReport& report, const ConfigArgs& config) {
    const ShareStorage& s = report.network.storage;
    Json planes = Json::array();
    for (int plane = kPlanes - 1; plane >= 0; --plane) {
        const PlaneMismatch& m = report.network.planes.at(static_cast<std::size_t>(plane));
        planes.push_back(
            {{"plane", plane}, {"bits", m.bits}, {"clustered", m.clustered}, {"mismatches", m.mismatches}});
    }
    Json json = report_head(config, kShareFormat);
    json.update({{"network", report.network.shared.name},
                 {"accuracy",
                  {{"images", report.images},
                   {"quantised", report.quantised},
                   {"shared", report.shared},
                   {"calibrated", report.calibrated}}},
                 {"planes", planes},
                 {"weight_error", report.network.weight_error},
                 {"pairs", report.network.pairs},
                 {"storage",
                  {{"matrices", s.matrices},
                   {"clusters", s.clusters},
                   {"singletons", s.singletons},
                   {"largest", s.largest},
                   {"sharing", s.sharing},
                   {"cells_before", s.cells_before},
                   {"centroid_cells", s.centroid_cells},
                   {"metadata_cells", s.metadata_cells},
                   {"bounding_cells", s.bounding_cells}}}});
    return json;
}

void print(const ShareReport& report, std::ostream& out) {
    const auto row = [&](const char* what, double share) {
        out << "  " << std::left << std::setw(34) << what << std::right << std::setw(7) << share * 100 << " %\n";
    };
    out << std::fixed << std::setprecision(2) << "accuracy, " << report.images << " images, weights in 8 bits\n";
    row("baseline", report.quantised);
    row("shared", report.shared);
    row("shared, batch norm calibrated", report.calibrated);
    out << "mismatched bits, before and after flips\n";
    const auto mismatch = [&](const std::string& what, const PlaneMismatch& m) {
        out << "  " << std::left << std::setw(34) << what << std::right << std::setw(7)
            << 100 * ratio(m.clustered, m.bits) << " % " << std::setw(7) << 100 * ratio(m.mismatches, m.bits) << " %\n";
    };
    for (int plane = kPlanes - 1; plane >= 0; --plane)
        mismatch("plane " + std::to_string(plane), report.network.planes.at(static_cast<std::size_t>(plane)));
    mismatch("all", report.network.total());
    const ShareStorage& s = report.network.storage;
    out << "storage\n  " << s.matrices << " matrices on " << s.clusters << " crossbars (" << s.singletons
        << " not shared, at most " << s.largest << " matrices on one)\n  compression " << std::setprecision(3)
        << ratio(s.cells_before, s.centroid_cells) << " without metadata, " << ratio(s.cells_before, s.cells())
        << " with " << s.metadata_cells << " cells of metadata, " << ratio(s.cells_before, s.bounding_cells)
        << " in rectangles\n  relative error of the weights " << report.network.weight_error << "\n"
        << std::defaultfloat;
}

/// `graph` with the matrix weights and biases of `other`, which has as many of the same shapes.
Graph with_weights_of(Graph graph, const Graph& other, const std::string& file) {
    const std::vector<std::size_t> to = matrix_nodes(graph), from = matrix_nodes(other);
    for (std::size_t l = 0; l < to.size(); ++l) {
        Op& op = graph.nodes[to[l]].op;
        const bool fits = from.size() == to.size() && other.nodes[from[l]].op.index() == op.index() &&
                          matrix_weight(other.nodes[from[l]].op).shape == matrix_weight(op).shape;
        if (!fits)
            throw UserError("network.tuned: " + file +
                            " has other matrix layers than network.path; give the same network "
                            "with other weights");
        op = other.nodes[from[l]].op;
    }
    return graph;
}

} // namespace

void share_command(const ShareArgs& args, std::ostream& out) {
    const RunConfig config = load_run_config(args.config.config, args.config.settings);
    if (config.cls.contents == SharedContents::cells && !args.out.empty())
        throw UserError("--out " + args.out +
                        ": only cls.contents: bit_planes gives a network that can be written; leave --out away");
    set_threads(static_cast<std::size_t>(config.threads));
    for (const std::string& file : {args.out, args.json})
        if (!file.empty()) check_writable(file);
    const Graph graph = import_onnx(config.network.path);
    const Dataset test = load_test(config.data, args.images);
    check_fit(test, config, graph.in_shape, config.network.path);
    if (config.cls.contents == SharedContents::cells) {
        share_cells(args, config, graph, test, out);
        return;
    }
    const ShareReport report = measure(config, graph, test);
    if (!args.out.empty()) export_onnx(report.network.shared, args.out, "veilram share " + args.config.config);
    if (!args.json.empty()) write_file(args.json, to_json(report, args.config).dump(2) + "\n");
    print(report, out);
}

void calibrate_command(const FileArgs& args, std::ostream& out) {
    const RunConfig config = load_run_config(args.config.config, args.config.settings);
    set_threads(static_cast<std::size_t>(config.threads));
    check_writable(args.out);
    const Graph graph = import_onnx(config.network.path);
    const Dataset images = calibration_images(config);
    check_fit(images, config, graph.in_shape, config.network.path);
    const ImageBatches batches = batches_of(images, config);
    Graph changed = unfold_batch_norm(graph, batches);
    if (!config.network.tuned.empty()) {
        const Graph tuned = import_onnx(config.network.tuned);
        changed = with_weights_of(changed, tuned, config.network.tuned);
    }
    export_onnx(with_batch_statistics(changed, batches), args.out, "veilram calibrate " + args.config.config);
    out << "network\n  " << args.out << "\n";
}

} // namespace veilram
