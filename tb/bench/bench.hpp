// How fast the simulator is: inner loops against the machine's own limits, and whole networks.
#pragma once

#include "models/device/device_model.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace veilram {

/// Speed of one inner loop on one thread: the median of several repetitions.
struct KernelRow {
    std::string name;
    double value = 0.0;
    std::string unit;
    std::optional<double> roofline_fraction; ///< of the limit measured in the same run, where there is one
};

/// Limits first (name "roofline/..."), then the kernels. `seconds` is the time for each repetition.
std::vector<KernelRow> bench_kernels(double seconds);

/// Register reads of a host over TLM. `seconds` is the time for them.
KernelRow bench_transactions(double seconds);

/// Mean objectives of bit-line sharing over the same row pairs, in counts, and row pairs a second on one core. Every
/// row pair has vectors of its own, which the fast solver prepares each time.
struct MappingRow {
    int n = 0;
    double exact = 0.0, fast = 0.0, bound = 0.0;
    double fast_per_s = 0.0, exact_per_s = 0.0;
};
/// `problems` row pairs of the network's 8-bit weights, in the order of its inputs. Throws UserError for a bad file.
MappingRow bench_mapping(const std::string& onnx, int n, std::size_t problems);

/// Crossbar-level sharing of matrices of 256 x 256 bits.
struct SharingJob {
    std::size_t matrices = 0, clusters = 0;
    std::size_t kinds = 0; ///< random matrices that all others are variants of; 0: matrices have nothing in common
    std::size_t threads = 1;
};
struct SharingRow {
    SharingJob job;
    double wall_s = 0.0, cpu_s = 0.0; ///< of clusters and flips
    std::int64_t peak_rss_bytes = 0;  ///< of a process that does nothing else
    int rounds = 0;
    std::int64_t distances = 0;               ///< between two matrices
    double clustered = 0.0, mismatches = 0.0; ///< share of the bits that differ before and after the flips
};
/// As many matrices as a ResNet-50 has, with and without anything in common; fewer with `brief`.
std::vector<SharingJob> sharing_jobs(bool brief);
SharingRow bench_sharing(const SharingJob& job);

/// What to measure of a network.
struct NetworkJob {
    std::string network;  ///< one of bench_networks()
    std::string fidelity; ///< functional or lt
    std::size_t threads = 1;
    std::size_t batch = 1;    ///< images that go through each layer together
    std::size_t images = 1;   ///< timed, after one batch that is not
    DeviceConfig device = {}; ///< how far the cells are from ideal
};
struct NetworkRow {
    NetworkJob job;
    double cpu_s_per_image = 0.0;
    double wall_s_per_image = 0.0;
    std::int64_t peak_rss_bytes = 0; ///< of a process that opens the image and does nothing but this job
    std::int64_t products = 0;       ///< of weights and activations in one inference
};

/// Networks that can be measured: LeNet-5, ResNet-20, VGG8, ResNet-18, ResNet-50, with seeded random weights.
const std::vector<std::string>& bench_networks();

/// The published comparison: every network as its row of docs/performance.md says; fewer and smaller with `brief`.
std::vector<NetworkJob> standard_jobs(bool brief);

/// Compiles the network into `folder` unless it is there from an earlier run, then runs the job in a process of its
/// own. Throws UserError for an unknown network or fidelity.
NetworkRow bench_network(const NetworkJob& job, const std::string& folder);

} // namespace veilram
