#include "models/base/parallel.hpp"

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <memory>

namespace veilram {
namespace {

std::unique_ptr<tbb::global_control>& limit() {
    static std::unique_ptr<tbb::global_control> current;
    return current;
}

} // namespace

std::size_t thread_count() {
    return tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
}

void set_threads(std::size_t threads) {
    limit().reset(); // the smallest of all living limits counts
    if (threads == 0) return;
    limit() = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism, threads);
}

void parallel_for(std::size_t count, const std::function<void(std::size_t)>& work) {
    if (count == 1 || thread_count() == 1) {
        for (std::size_t i = 0; i < count; ++i) work(i);
        return;
    }
    // A thread that waits here takes none of the work that lies around the loop: it would hold two loops' memory.
    tbb::this_task_arena::isolate([&] { tbb::parallel_for(std::size_t{0}, count, work); });
}

void parallel_ranges(std::size_t count, std::size_t grain, const std::function<void(std::size_t, std::size_t)>& work) {
    const std::size_t parts = std::clamp<std::size_t>(count / grain, 1, 4 * thread_count());
    parallel_for(parts, [&](std::size_t i) { work(count * i / parts, count * (i + 1) / parts); });
}

} // namespace veilram
