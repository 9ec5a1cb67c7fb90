// `bench`: how fast this build is on this machine.
#include "tb/bench/bench.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/sc/kernels.hpp"
#include "tb/cli/commands.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <ostream>

namespace veilram {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kSeconds = 2.0, kBriefSeconds = 0.1;
constexpr std::size_t kPairs = 500, kBriefPairs = 20;

void print(const KernelRow& row, std::ostream& out) {
    out << std::left << std::setw(28) << row.name << std::right << std::setw(14) << std::setprecision(4) << row.value
        << " " << row.unit;
    if (row.roofline_fraction)
        out << "  " << std::setprecision(3) << *row.roofline_fraction * 100 << " % of its roofline";
    out << std::endl;
}

void print(const NetworkRow& row, std::ostream& out) {
    const std::string what = row.job.fidelity + (row.job.device.read_sigma > 0 ? ", noise" : "");
    out << std::left << std::setw(10) << row.job.network << std::setw(18) << what << std::right << std::setw(2)
        << row.job.threads << " threads  batch " << std::setw(4) << row.job.batch << std::setprecision(4)
        << std::setw(12) << row.cpu_s_per_image << " CPU s/image" << std::setw(12) << row.wall_s_per_image << " s/image"
        << std::setw(8) << row.peak_rss_bytes / (1 << 20) << " MiB" << std::endl;
}

Json to_json(const KernelRow& row) {
    Json json{{"name", row.name}, {"value", row.value}, {"unit", row.unit}};
    json["roofline_fraction"] = row.roofline_fraction ? Json(*row.roofline_fraction) : Json(nullptr);
    return json;
}

Json to_json(const NetworkRow& row) {
    return {{"name", row.job.network},
            {"fidelity", row.job.fidelity},
            {"noise", row.job.device.read_sigma > 0},
            {"threads", row.job.threads},
            {"batch", row.job.batch},
            {"images", row.job.images},
            {"cpu_s_per_image", row.cpu_s_per_image},
            {"wall_s_per_image", row.wall_s_per_image},
            {"peak_rss_bytes", row.peak_rss_bytes},
            {"products", row.products}};
}

void print(const MappingRow& row, std::ostream& out) {
    out << "n = " << std::setw(2) << row.n << std::fixed << std::setprecision(2) << "  mean objective: exact "
        << std::setw(8) << row.exact << "  fast " << std::setw(8) << row.fast << "  bound " << std::setw(8) << row.bound
        << std::setprecision(0) << "   row pairs/s: exact " << row.exact_per_s << "  fast " << row.fast_per_s
        << std::defaultfloat << std::endl;
}

Json to_json(const MappingRow& row) {
    return {{"n", row.n},
            {"exact", row.exact},
            {"fast", row.fast},
            {"bound", row.bound},
            {"exact_per_s", row.exact_per_s},
            {"fast_per_s", row.fast_per_s}};
}

void print(const SharingRow& row, std::ostream& out) {
    out << row.job.matrices << " matrices of 256 x 256, " << row.job.clusters << " clusters, "
        << (row.job.kinds > 0 ? std::to_string(row.job.kinds) + " kinds" : "random") << ", " << row.job.threads
        << " threads: " << std::fixed << std::setprecision(1) << row.wall_s << " s, " << row.cpu_s << " CPU s, "
        << row.peak_rss_bytes / (1 << 20) << " MiB, " << row.rounds << " rounds, " << std::defaultfloat
        << std::setprecision(4) << static_cast<double>(row.distances) << " distances, mismatch " << 100 * row.clustered
        << " % clustered, " << 100 * row.mismatches << " % flipped" << std::endl;
}

Json to_json(const SharingRow& row) {
    return {{"matrices", row.job.matrices},         {"clusters", row.job.clusters}, {"kinds", row.job.kinds},
            {"threads", row.job.threads},           {"wall_s", row.wall_s},         {"cpu_s", row.cpu_s},
            {"peak_rss_bytes", row.peak_rss_bytes}, {"rounds", row.rounds},         {"distances", row.distances},
            {"clustered", row.clustered},           {"mismatches", row.mismatches}};
}

std::vector<NetworkJob> jobs_of(const BenchArgs& args) {
    std::vector<NetworkJob> jobs;
    for (NetworkJob& job : standard_jobs(args.brief)) {
        const bool named = args.networks.empty() ||
                           std::find(args.networks.begin(), args.networks.end(), job.network) != args.networks.end();
        const bool wanted = args.fidelity.empty() || job.fidelity == args.fidelity;
        if (named && wanted) jobs.push_back(std::move(job));
    }
    if (jobs.empty()) throw UserError("no standard benchmark has this --network; see veilram bench --help");
    if (!args.threads && !args.batch && !args.images) return jobs;
    for (NetworkJob& job : jobs) {
        job.threads = args.threads.value_or(job.threads);
        job.batch = args.batch.value_or(job.batch);
        job.images = args.images.value_or(job.images);
    }
    return jobs;
}

} // namespace

void bench_command(const BenchArgs& args, std::ostream& out) {
    if (!args.json.empty()) check_writable(args.json);
    Json report{{"simd", simd_levels().front()}, {"kernels", Json::array()}, {"networks", Json::array()}};
    if (args.suite == "mapping")
        for (const int n : {1, 2, 4, 8, 14}) {
            const MappingRow row = bench_mapping(args.model, n, args.brief ? kBriefPairs : kPairs);
            print(row, out);
            report["mapping"].push_back(to_json(row));
        }
    if (args.suite == "sharing")
        for (SharingJob job : sharing_jobs(args.brief)) {
            job.threads = args.threads.value_or(job.threads);
            const SharingRow row = bench_sharing(job);
            print(row, out);
            report["sharing"].push_back(to_json(row));
        }
    if (args.suite == "networks" || args.suite == "all") { // before any thread is started: every job forks
        std::error_code error;
        std::filesystem::create_directories(args.folder, error);
        if (error) throw UserError("--folder " + args.folder + ": cannot make this folder: " + error.message());
        for (const NetworkJob& job : jobs_of(args)) {
            const NetworkRow row = bench_network(job, args.folder);
            print(row, out);
            report["networks"].push_back(to_json(row));
        }
    }
    if (args.suite == "kernels" || args.suite == "all") {
        const double seconds = args.brief ? kBriefSeconds : kSeconds;
        std::vector<KernelRow> rows{bench_transactions(seconds)};
        for (KernelRow& row : bench_kernels(seconds)) rows.push_back(std::move(row));
        for (const KernelRow& row : rows) {
            print(row, out);
            report["kernels"].push_back(to_json(row));
        }
    }
    if (!args.json.empty()) write_file(args.json, report.dump(2) + "\n");
}

} // namespace veilram
