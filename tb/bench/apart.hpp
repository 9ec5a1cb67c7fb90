// Work in a process of its own: SystemC elaborates once a process, and peak memory is a process's.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace veilram {

/// Runs `work` in a child process and returns its figures, `count` of them. `what` names it in the message of the
/// ModelError that is thrown when it fails.
std::vector<double> run_apart(const std::string& what, std::size_t count,
                              const std::function<std::vector<double>()>& work);

} // namespace veilram
