// Transactions a second: what every access of a processor model to the chip costs.
#include "models/base/diagnostics.hpp"
#include "tb/bench/apart.hpp"
#include "tb/bench/bench.hpp"
#include "tb/host/system.hpp"

#include <ctime>

namespace veilram {
namespace {

constexpr int kAtOnce = 1000;

double cpu_s() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Base-protocol reads of a register of a small chip, each a b_transport through the host interface and a wait.
double register_reads_per_s(double seconds) {
    System system("bench", {}, 1 << 16);
    double rate = 0.0;
    system.run([&] {
        system.host.power_on();
        std::int64_t reads = 0;
        const double start = cpu_s();
        double now = start;
        for (; now - start < seconds; now = cpu_s(), reads += kAtOnce)
            for (int i = 0; i < kAtOnce; ++i) system.host.read(reg::kStatus);
        rate = static_cast<double>(reads) / (now - start);
    });
    return rate;
}

} // namespace

KernelRow bench_transactions(double seconds) {
    const auto rate = run_apart("the benchmark of TLM transactions", 1,
                                [&] { return std::vector<double>{register_reads_per_s(seconds)}; });
    return {"tlm/register_read", rate[0] / 1e6, "M transactions/s", {}};
}

} // namespace veilram
