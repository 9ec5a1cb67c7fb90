#include "models/base/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace veilram {
namespace {
constexpr auto kPatience = std::chrono::seconds(2);
constexpr auto kRedraw = std::chrono::milliseconds(200);
constexpr int kWidth = 32;
} // namespace

Progress::Progress(std::string what, std::size_t total)
    : what_(std::move(what)), total_(std::max<std::size_t>(total, 1)), visible_(::isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()), last_(start_) {}

Progress::~Progress() {
    if (drawn_) std::fprintf(stderr, "\r\033[K");
}

void Progress::step(std::size_t done_now) {
    const std::lock_guard lock(mutex_);
    done_ = std::min(done_ + done_now, total_);
    if (!visible_) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - start_ < kPatience || now - last_ < kRedraw) return;
    last_ = now;
    draw();
}

void Progress::draw() {
    const double share = static_cast<double>(done_) / static_cast<double>(total_);
    const double elapsed = std::chrono::duration<double>(last_ - start_).count();
    const double left = share > 0 ? elapsed * (1 - share) / share : 0;
    const std::string bar(static_cast<std::size_t>(share * kWidth), '#');
    std::fprintf(stderr, "\r\033[K%s [%-*s] %3.0f %%  %.0f s left", what_.c_str(), kWidth, bar.c_str(), share * 100, left);
    std::fflush(stderr);
    drawn_ = true;
}

} // namespace veilram
