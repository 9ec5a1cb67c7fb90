#include "hw/gsl/gsl_bank.hpp"

#include <algorithm>

namespace veilram {
namespace {

constexpr int kPatience = 16; ///< clocks: more than any selection takes

} // namespace

void GslRegisters::zeroise(std::size_t first, std::size_t crossbars) {
    for (std::size_t c = first; c < first + crossbars; ++c) {
        for (auto& vector : registers_[c].vectors) std::fill(vector.begin(), vector.end(), Word{0});
        registers_[c].vectors.clear();
    }
}

GslPinBank::GslPinBank(Implementation kind, std::size_t crossbars, int n, int segments, PinClock& clock,
                       const std::string& name)
    : used_(segments == static_cast<int>(kWordBits) ? ~Word{0} : (Word{1} << segments) - 1) {
    for (std::size_t c = 0; c < crossbars; ++c) {
        ports_.push_back(PinPort<GslPins>::make<GslCycle>(kind, clock, name + std::to_string(c)));
        ports_.back().in.vectors = static_cast<Word>(n);
    }
}

void GslPinBank::load(std::size_t crossbar, const GslVectors& vectors) {
    auto& port = ports_[crossbar];
    for (std::size_t v = 0; v < vectors.vectors.size(); ++v) {
        if (!port.clock_until(&GslPins::Out::load_ready, kPatience)) return;
        port.in.load_valid = 1;
        port.in.load_index = v;
        port.in.load_vector = vectors.vectors[v].front();
        port.clock();
        port.in.load_valid = port.in.load_index = port.in.load_vector = 0;
    }
}

void GslPinBank::zeroise(std::size_t first, std::size_t crossbars) {
    for (std::size_t c = first; c < first + crossbars; ++c) {
        ports_[c].in.zeroise = 1;
        ports_[c].clock(c > first);
        ports_[c].in.zeroise = 0;
    }
}

void GslPinBank::reset() {
    for (std::size_t c = 0; c < ports_.size(); ++c) ports_[c].reset(c > 0);
}

/// Lines that a selector refuses, or does not answer for, are all clear; its model, which answers, tells them apart.
GslVector GslPinBank::select(std::size_t crossbar, unsigned slot) {
    auto& port = ports_[crossbar];
    GslVector lines{0};
    if (!port.clock_until(&GslPins::Out::select_ready, kPatience)) return lines;
    port.in.select_valid = 1;
    port.in.select_slot = slot;
    port.clock();
    port.in.select_valid = 0;
    if (!port.clock_until(&GslPins::Out::lines_valid, kPatience)) return lines;
    lines.front() = port.out().even & used_;
    port.in.lines_ready = 1;
    port.clock();
    port.in.lines_ready = 0;
    return lines;
}

std::int64_t GslPinBank::clocks() const {
    std::int64_t sum = 0;
    for (const auto& port : ports_) sum += port.clocks();
    return sum;
}

const Mismatch* GslPinBank::mismatch() const {
    for (const auto& port : ports_)
        if (port.mismatch() != nullptr) return port.mismatch();
    return nullptr;
}

void GslPinBank::record(TwinWave* wave) {
    for (auto& port : ports_) port.record(wave);
}

} // namespace veilram
