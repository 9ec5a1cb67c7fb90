// Crossbar-level sharing of as many matrices as a large network has.
#include "models/base/parallel.hpp"
#include "models/base/random.hpp"
#include "models/cls/share.hpp"
#include "tb/bench/apart.hpp"
#include "tb/bench/bench.hpp"

#include <chrono>
#include <ctime>
#include <numeric>
#include <sys/resource.h>

namespace veilram {
namespace {

constexpr std::size_t kSize = 256;

BitMatrix random_matrix(Rng& rng) {
    BitMatrix matrix(kSize, kSize);
    for (std::size_t r = 0; r < kSize; ++r)
        for (std::size_t w = 0; w < matrix.words_per_row(); ++w) matrix.row(r)[w] = rng();
    return matrix;
}

/// Each matrix is one of `kinds` random ones, drawn at random, with an eighth of its bits changed; 0 kinds: nothing in
/// common.
MatrixSet draw_matrices(std::size_t count, std::size_t kinds, Rng& rng) {
    std::vector<BitMatrix> all;
    for (std::size_t k = 0; k < kinds; ++k) all.push_back(random_matrix(rng));
    MatrixSet set;
    for (std::size_t i = 0; i < count; ++i) {
        BitMatrix matrix = random_matrix(rng);
        if (kinds > 0) {
            const BitMatrix& kind = all[rng() % kinds];
            for (std::size_t r = 0; r < kSize; ++r)
                for (std::size_t w = 0; w < matrix.words_per_row(); ++w)
                    matrix.row(r)[w] = kind.row(r)[w] ^ (matrix.row(r)[w] & rng() & rng());
        }
        set.add(std::move(matrix));
    }
    return set;
}

double share_of(const std::vector<std::int64_t>& mismatches) {
    const auto total = std::accumulate(mismatches.begin(), mismatches.end(), std::int64_t{0});
    return static_cast<double>(total) / static_cast<double>(mismatches.size() * kSize * kSize);
}

std::vector<double> measure(const SharingJob& job) {
    set_threads(job.threads);
    Rng rng = make_rng(1, "bench/sharing");
    const MatrixSet set = draw_matrices(job.matrices, job.kinds, rng);
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t cpu = std::clock();
    const Shared shared = share(set, first_members(job.matrices, job.clusters, 1), {});
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return {wall.count(),
            static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC,
            1024.0 * static_cast<double>(usage.ru_maxrss),
            static_cast<double>(shared.clusters.rounds),
            static_cast<double>(shared.clusters.distances_made),
            share_of(shared.clustered),
            share_of(shared.mismatches)};
}

} // namespace

std::vector<SharingJob> sharing_jobs(bool brief) {
    if (brief) return {{250, 125, 100, 1}};
    return {{12'500, 6'250, 5'000, 2}, {12'500, 6'250, 0, 2}};
}

SharingRow bench_sharing(const SharingJob& job) {
    const std::vector<double> f = run_apart("the benchmark of sharing", 7, [&] { return measure(job); });
    return {job,  f[0], f[1], static_cast<std::int64_t>(f[2]), static_cast<int>(f[3]), static_cast<std::int64_t>(f[4]),
            f[5], f[6]};
}

} // namespace veilram
