#include "hw/cycle/verilated_twin.hpp"
#include "models/base/diagnostics.hpp"

#ifdef VEILRAM_COVERAGE
#include <verilated_cov.h>
#endif

#include <cerrno>
#include <cstring>
#include <fstream>

namespace veilram {

bool has_twins() { return true; }

#ifdef VEILRAM_COVERAGE
void write_coverage_of(VerilatedContext& context, const std::string& path) {
    if (!std::ofstream(path)) throw UserError(path + ": cannot write the coverage: " + std::strerror(errno));
    context.coveragep()->write(path.c_str());
}
#else
void write_coverage_of(VerilatedContext&, const std::string&) {
    throw UserError(
        "this program does not count what its RTL does: configure with -DVEILRAM_COVERAGE=ON (preset coverage)");
}
#endif

TwinWave::TwinWave(const std::string& path) : path_(path), file_(std::make_unique<File>()) {
    if (!std::ofstream(path)) throw UserError(path + ": cannot write the waveform: " + std::strerror(errno));
    file_->vcd.set_time_unit("1ps");
    file_->vcd.set_time_resolution("1ps");
}

TwinWave::~TwinWave() {
    if (!file_->open) return;
    dump(last_ + 1);
    file_->vcd.close();
}

void TwinWave::next_edge(std::int64_t edge, std::int64_t half) {
    edge_ = edge;
    half_ = half;
}
void TwinWave::fall() { dump(edge_ - half_); }
void TwinWave::rise() { dump(edge_); }

void TwinWave::dump(std::int64_t ps) {
    if (ps <= last_) return;
    last_ = ps;
    if (!file_->open) file_->vcd.open(path_.c_str());
    file_->open = true;
    file_->vcd.dump(static_cast<std::uint64_t>(ps));
}

} // namespace veilram
