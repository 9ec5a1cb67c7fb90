#include "hw/gsl/gsl_bank.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>

namespace veilram {

void GslRegisters::zeroise(std::size_t first, std::size_t crossbars) {
    for (std::size_t c = first; c < first + crossbars; ++c) {
        for (auto& vector : registers_[c].vectors) std::fill(vector.begin(), vector.end(), Word{0});
        registers_[c].vectors.clear();
    }
}

GslPinBank::GslPinBank(Implementation kind, std::size_t crossbars, int n, int segments, PinClock* clock,
                       const std::string& name)
    : n_(static_cast<Word>(n)), used_(segments == static_cast<int>(kWordBits) ? ~Word{0} : (Word{1} << segments) - 1) {
    if (n > static_cast<int>(GslPins::kVectors) || segments > static_cast<int>(GslPins::kSegments))
        throw ModelError(name + ": has no pins for " + std::to_string(n) + " vectors of " + std::to_string(segments));
    for (std::size_t c = 0; c < crossbars; ++c)
        ports_.push_back(PinPort<GslPins>::make<GslCycle>(kind, clock, name + std::to_string(c)));
}

bool GslPinBank::load(std::size_t crossbar, const GslVectors& vectors) {
    auto& port = ports_[crossbar];
    for (std::size_t v = 0; v < vectors.vectors.size(); ++v) {
        if (!port.clock_until(&GslPins::Out::load_ready)) return false;
        port.in = {};
        port.in.vectors = n_;
        port.in.load_valid = 1;
        port.in.load_index = v;
        port.in.load_vector = vectors.vectors[v].front();
        port.clock();
        port.in = {};
    }
    return true;
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

std::optional<GslVector> GslPinBank::select(std::size_t crossbar, unsigned slot) {
    auto& port = ports_[crossbar];
    if (!port.clock_until(&GslPins::Out::select_ready)) return std::nullopt;
    port.in.vectors = n_;
    port.in.select_valid = 1;
    port.in.select_slot = slot;
    port.clock();
    port.in.select_valid = 0;
    if (!port.clock_until(&GslPins::Out::lines_valid)) return std::nullopt;
    const bool refused = port.out().lines_refused != 0;
    const GslVector lines{port.out().even & used_};
    port.in.lines_ready = 1;
    port.clock();
    port.in = {};
    return refused ? std::nullopt : std::optional(lines);
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
