// A progress bar for work that takes longer than a person likes to wait.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>

namespace veilram {

/// Draws on stderr, only when that is a terminal and only after two seconds; otherwise it is silent.
class Progress {
public:
    Progress(std::string what, std::size_t total);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// May be called from several threads.
    void step(std::size_t done_now = 1);

private:
    void draw();

    std::mutex mutex_; ///< of all below
    std::string what_;
    std::size_t total_;
    std::size_t done_ = 0;
    bool visible_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point start_;
    std::chrono::steady_clock::time_point last_;
};

} // namespace veilram
