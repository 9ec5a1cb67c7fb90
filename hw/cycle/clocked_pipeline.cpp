#include "hw/cycle/clocked_pipeline.hpp"

#include "hw/cycle/check_twin.hpp"
#include "hw/sim/report.hpp"
#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>
#include <utility>

namespace veilram {
namespace {

enum StageNumber : std::size_t { kConvert, kArray, kAdc, kAccumulate };
constexpr const char* kStageNames[] = {"convert", "array", "adc", "accumulate"};

} // namespace

ClockedPipeline::ClockedPipeline(const sc_core::sc_module_name& name, const ClockedConfig& cfg, PinClock& pins)
    : sc_module(name), cfg_(cfg), converter_(cfg.converter, pins, this->name()) {
    bind_stages();
    stages_[kConvert].step = [this](unsigned item, int clock) { convert(item, clock); };
    stages_[kConvert].offer = [this](unsigned item) { drive(item); };
    stages_[kArray].step = [this](unsigned item, int clock) { hold(item, clock); };
    stages_[kArray].finish = [this](unsigned item) { read(item); };
    stages_[kAdc].step = [this](unsigned item, int clock) { convert_pair(item, clock); };
    stages_[kAccumulate].finish = [this](unsigned item) { accumulate(item); };
    SC_METHOD(clock_method);
    sensitive << tick_ev_;
    dont_initialize();
    SC_METHOD(control_method);
    sensitive << control_ev_;
    dont_initialize();
}

ClockedPipeline::~ClockedPipeline() = default;

void ClockedPipeline::bind_stages() {
    source_.clk_i.bind(clk_);
    source_.rst_ni.bind(rst_n_);
    source_.valid_o.bind(valid_[0]);
    source_.ready_i.bind(ready_[0]);
    source_.item_o.bind(item_[0]);
    for (std::size_t s = 0; s < kStages; ++s) {
        ClockedStage& stage = stages_[s];
        stage.clk_i.bind(clk_);
        stage.rst_ni.bind(rst_n_);
        stage.valid_i.bind(valid_[s]);
        stage.ready_o.bind(ready_[s]);
        stage.item_i.bind(item_[s]);
        stage.valid_o.bind(valid_[s + 1]);
        stage.ready_i.bind(ready_[s + 1]);
        stage.item_o.bind(item_[s + 1]);
        HandshakeChecker& checker = checkers_[s];
        checker.clk_i.bind(clk_);
        checker.rst_ni.bind(rst_n_);
        checker.valid_i.bind(valid_[s]);
        checker.ready_i.bind(ready_[s]);
        checker.item_i.bind(item_[s]);
    }
}

int ClockedPipeline::clocks_of(Ps time) const {
    return static_cast<int>(std::max<std::int64_t>((time.value + cfg_.clock.value - 1) / cfg_.clock.value, 1));
}

void ClockedPipeline::start(std::shared_ptr<ClockedBurst> burst, const BitMatrix& cells, const GslVector& lines,
                            int pairs) {
    VEILRAM_INVARIANT(burst_ == nullptr, "a clocked burst while another one is at work");
    burst_ = std::move(burst);
    converter_.begin(burst_->source);
    bit_lines_ = logical_lines(cells, cfg_.array, lines, pairs);
    pairs_ = pairs;
    lines_q_ = lines.front();
    burst_->codes.clear();
    burst_->clocks = 0;
    source_.count = static_cast<unsigned>(burst_->levels.size());
    const std::int64_t shared = (pairs + cfg_.adcs - 1) / cfg_.adcs;
    const std::array<Ps, kStages> times{burst_->convert, cfg_.array_read, cfg_.adc_conversion * shared,
                                        burst_->accumulate};
    for (std::size_t s = 0; s < kStages; ++s) stages_[s].clocks = clocks_of(times[s]);
    stages_[kConvert].clocks = std::max(stages_[kConvert].clocks, converter_.clocks());
    ++bursts_;
    control_ev_.notify(sc_core::SC_ZERO_TIME);
}

/// The stages are in reset while there is nothing to do, and nobody holds up the last one.
void ClockedPipeline::control_method() {
    const bool works = burst_ != nullptr;
    rst_n_.write(works);
    ready_[kStages].write(works);
    if (works) tick_ev_.notify(sc_core::SC_ZERO_TIME);
}

/// Half a clock each time, for as long as there is work.
void ClockedPipeline::clock_method() {
    if (burst_ == nullptr) {
        clk_.write(false);
        return;
    }
    const bool rises = !clk_.read();
    clk_.write(rises);
    const Ps high{cfg_.clock.value / 2};
    if (rises) ++burst_->clocks;
    tick_ev_.notify(to_sc_time(rises ? high : cfg_.clock - high));
}

/// The converter is the last to work: before it the sign row is read.
void ClockedPipeline::convert(unsigned item, int clock) {
    if (!burst_) return; // ended in this very instant
    const int number = clock - (stages_[kConvert].clocks - converter_.clocks());
    if (number < 0) return;
    converter_.clock(level_of(item), number, to_ps(sc_core::sc_time_stamp()));
    check_twin(*this, converter_.mismatch());
}

/// The stream goes into the word-line drivers' registers.
void ClockedPipeline::drive(unsigned item) {
    if (!burst_) return;
    sc_dt::sc_bv<kStreamBits> lines;
    for (int w = 0; w < 4; ++w) lines.range(64 * w + 63, 64 * w) = converter_.stream()[static_cast<std::size_t>(w)];
    word_lines_.write(lines);
    level_q_ = level_of(item);
    position_q_ = item;
}

/// The array takes over what the drivers held before this edge; they may have the next position already after it.
void ClockedPipeline::hold(unsigned, int clock) {
    if (clock > 0) return;
    for (int w = 0; w < 4; ++w)
        driven_[static_cast<std::size_t>(w)] = word_lines_.read().range(64 * w + 63, 64 * w).to_uint64();
}

/// The bit lines settle; sample-and-hold takes them over when the converters are free.
void ClockedPipeline::read(unsigned item) {
    if (!burst_) return;
    std::vector<std::uint8_t>& codes = burst_->codes[level_of(item)];
    const bool first = codes.empty();
    codes.resize(static_cast<std::size_t>(pairs_));
    std::vector<std::uint16_t> counts(codes.size());
    read_counts(bit_lines_, driven_.data(), counts.data());
    for (std::size_t p = 0; p < codes.size(); ++p) {
        const auto code = static_cast<std::uint8_t>(adc_code(counts[p], cfg_.adc));
        VEILRAM_INVARIANT(first || codes[p] == code, "a level that gives other counts than before");
        codes[p] = code;
    }
}

/// What the converters give in this clock: as many row pairs as there is time for.
void ClockedPipeline::convert_pair(unsigned item, int clock) {
    if (!burst_) return;
    const std::int64_t pair =
        std::int64_t{clock} * cfg_.clock.value / std::max<std::int64_t>(cfg_.adc_conversion.value, 1);
    pair_q_ = static_cast<unsigned>(std::min<std::int64_t>(pair, pairs_ - 1));
    code_q_ = burst_->codes.at(level_of(item))[pair_q_];
}

void ClockedPipeline::accumulate(unsigned item) {
    if (!burst_ || item + 1 != burst_->levels.size()) return;
    burst_->finished = true;
    burst_->finished_ev.notify(to_sc_time(cfg_.clock)); // with the end of this clock
    reset();
}

/// Nothing that depends on secrets stays.
void ClockedPipeline::reset() {
    if (burst_ != nullptr) {
        clocks_ += burst_->clocks;
        for (std::size_t s = 0; s < kStages; ++s) busy_[s] += stages_[s].busy_clocks();
    }
    burst_.reset();
    for (std::size_t p = 0; p < bit_lines_.rows(); ++p)
        std::fill_n(bit_lines_.row(p), bit_lines_.words_per_row(), Word{0});
    bit_lines_ = BitMatrix();
    converter_.reset(to_ps(sc_core::sc_time_stamp()));
    check_twin(*this, converter_.mismatch());
    word_lines_.write(sc_dt::sc_bv<kStreamBits>());
    driven_.fill(0);
    lines_q_ = 0;
    control_ev_.notify(sc_core::SC_ZERO_TIME);
}

void ClockedPipeline::collect(StatGroup& out) const {
    out.count("bursts", bursts_, "bursts that took place clock by clock");
    out.time("busy", cfg_.clock * clocks_, "time in which the pipeline worked");
    out.count("clocks", clocks_, "clocks in which the pipeline worked");
    for (std::size_t s = 0; s < kStages; ++s)
        out.count(std::string(kStageNames[s]) + "_clocks", busy_[s], "clocks in which this stage worked");
    std::int64_t violations = 0;
    for (const HandshakeChecker& checker : checkers_)
        violations += static_cast<std::int64_t>(checker.violations().size());
    out.count("handshake_violations", violations, "times valid and ready broke their rules: a mistake of the model");
}

void ClockedPipeline::add_traces(TraceFile& file) const {
    file.add(*this, clk_, "clk");
    file.add(*this, rst_n_, "rst_n");
    file.add(*this, level_q_, "level");
    file.add(*this, position_q_, "position");
    file.add(*this, pair_q_, "adc_pair");
    for (std::size_t s = 0; s < kStages; ++s) {
        file.add(*this, valid_[s], std::string(kStageNames[s]) + "_valid");
        file.add(*this, ready_[s], std::string(kStageNames[s]) + "_ready");
    }
    file.add_secret(*this, code_q_, "adc_code"); // with a known stream and the cells, counts give the lines away
    file.add_secret(*this, lines_q_, "lines");
    file.add_secret(*this, word_lines_, "word_lines");
}

} // namespace veilram
