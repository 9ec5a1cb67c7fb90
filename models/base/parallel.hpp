// Work on several cores. Results never depend on how many there are: only work whose parts do not touch each other runs
// here.
#pragma once

#include <cstddef>
#include <functional>

namespace veilram {

/// Cores that the work below is spread over: what set_threads() said, at first as many as the process may use.
std::size_t thread_count();
/// 0: as many as the process may use.
void set_threads(std::size_t threads);

/// Calls work(i) once for every i in 0..count-1, in any order. An exception ends the loop and is thrown here. Loops may
/// be nested.
void parallel_for(std::size_t count, const std::function<void(std::size_t)>& work);

/// Calls work(first, last) for ranges that together are 0..count-1, none much shorter than `grain`.
void parallel_ranges(std::size_t count, std::size_t grain, const std::function<void(std::size_t, std::size_t)>& work);

} // namespace veilram
