#include "tb/bench/apart.hpp"

#include "models/base/diagnostics.hpp"

#include <cstdio>
#include <sys/wait.h>
#include <unistd.h>

namespace veilram {
namespace {

[[noreturn]] void work_and_exit(int end, const std::function<std::vector<double>()>& work) {
    int code = 1;
    try {
        const std::vector<double> figures = work();
        const std::size_t size = figures.size() * sizeof(double);
        code = write(end, figures.data(), size) == static_cast<ssize_t>(size) ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "veilram bench: %s\n", error.what());
    }
    _exit(code);
}

} // namespace

std::vector<double> run_apart(const std::string& what, std::size_t count,
                              const std::function<std::vector<double>()>& work) {
    int ends[2] = {};
    if (pipe(ends) != 0) throw ModelError("cannot make a pipe");
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) throw ModelError("cannot start a process");
    if (child == 0) work_and_exit(ends[1], work);
    close(ends[1]);
    std::vector<double> figures(count);
    const std::size_t size = count * sizeof(double);
    const bool complete = read(ends[0], figures.data(), size) == static_cast<ssize_t>(size);
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (!complete || status != 0) throw ModelError(what + " did not finish");
    return figures;
}

} // namespace veilram
