// Wall-clock and processor time of a piece of work.
#pragma once

#include <chrono>
#include <ctime>

namespace veilram {

/// Runs from its construction.
class Stopwatch {
public:
    double wall_s() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
    double cpu_s() const { return static_cast<double>(std::clock() - cpu_) / CLOCKS_PER_SEC; }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::clock_t cpu_ = std::clock();
};

} // namespace veilram
