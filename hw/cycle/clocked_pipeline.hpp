// A crossbar's data path clock by clock: conversion, array, converters, accumulator, with signals between them.
#pragma once

#include "hw/converter/clocked_converter.hpp"
#include "hw/cycle/clocked_stage.hpp"
#include "hw/cycle/handshake_checker.hpp"
#include "hw/sim/services.hpp"
#include "models/sc/crossbar_read.hpp"
#include "models/sc/geometry.hpp"
#include "models/sc/stream_set.hpp"

#include <systemc>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace veilram {

/// A burst of reads of one slot that is to take place clock by clock, and what came of it. Shared by who asks for it
/// and the pipeline: power may end either first.
struct ClockedBurst {
    std::vector<std::uint8_t> levels;                    ///< of the positions, in order
    ConversionSource source;                             ///< of the streams
    Ps convert;                                          ///< time of one conversion
    Ps accumulate;                                       ///< time of one accumulation
    bool finished = false;                               ///< answer
    std::int64_t clocks = 0;                             ///< answer
    std::map<unsigned, std::vector<std::uint8_t>> codes; ///< answer: of every level that occurred, one a row pair
    sc_core::sc_event finished_ev;                       ///< nameless: there are many, one after another
};

struct ClockedConfig {
    Implementation converter = Implementation::cycle; ///< not systemc: it has pins
    ArrayGeometry array;
    AdcConfig adc;
    int adcs = 1;
    Ps clock{833};
    Ps array_read;
    Ps adc_conversion;
};

/// Four stages with handshakes. The clock stands still while there is nothing to do. Every read counts anew; a level
/// that gives other counts than before is a mistake of ours and ends the simulation.
class ClockedPipeline final : public sc_core::sc_module, public StatProvider, public Traceable {
public:
    static constexpr std::size_t kStages = 4;

    SC_HAS_PROCESS(ClockedPipeline);
    /// `pins` must outlive the module.
    ClockedPipeline(const sc_core::sc_module_name& name, const ClockedConfig& cfg, PinClock& pins);
    ~ClockedPipeline() override;

    /// One burst at a time; everything is copied, for power may go in between.
    void start(std::shared_ptr<ClockedBurst> burst, const BitMatrix& cells, const GslVector& lines, int pairs);
    /// Ends the burst at work, if there is one.
    void reset();
    bool is_busy() const { return burst_ != nullptr; }

    void collect(StatGroup& out) const override;
    Fj energy() const override { return Fj{}; }
    void add_traces(TraceFile& file) const override;
    /// Of each handshake, from the source on.
    const HandshakeChecker& checker(std::size_t stage) const { return checkers_[stage]; }
    void record(TwinWave* wave) { converter_.record(wave); }

private:
    void bind_stages();
    void clock_method();
    void control_method();
    int clocks_of(Ps time) const;
    std::uint8_t level_of(unsigned item) const { return burst_->levels[item]; }
    void convert(unsigned item, int clock);
    void drive(unsigned item);
    void hold(unsigned item, int clock);
    void read(unsigned item);
    void convert_pair(unsigned item, int clock);
    void accumulate(unsigned item);

    const ClockedConfig cfg_;
    sc_core::sc_signal<bool> clk_{"clk"};
    sc_core::sc_signal<bool> rst_n_{"rst_n", false};
    sc_core::sc_vector<sc_core::sc_signal<bool>> valid_{"valid", kStages + 1}, ready_{"ready", kStages + 1};
    sc_core::sc_vector<sc_core::sc_signal<unsigned>> item_{"item", kStages + 1};
    ClockedSource source_{"source"};
    sc_core::sc_vector<ClockedStage> stages_{"stage", kStages};
    sc_core::sc_vector<HandshakeChecker> checkers_{"checker", kStages};
    sc_core::sc_event tick_ev_{"tick_ev"};
    sc_core::sc_event control_ev_{"control_ev"}; ///< a burst begins or ends

    std::shared_ptr<ClockedBurst> burst_; ///< null: idle
    ClockedConverter converter_;
    BitMatrix bit_lines_; ///< as the GSL lines connect them
    int pairs_ = 0;
    /// What the drivers' registers hold. Written by the conversion stage, and by whoever resets the pipeline.
    sc_core::sc_signal<sc_dt::sc_bv<kStreamBits>, sc_core::SC_MANY_WRITERS> word_lines_{"word_lines"};
    WideWord driven_{}; ///< onto the array, while it is read
    std::int64_t bursts_ = 0, clocks_ = 0;
    std::array<std::int64_t, kStages> busy_{};
    // for waveforms
    unsigned level_q_ = 0, position_q_ = 0, pair_q_ = 0, code_q_ = 0;
    sc_dt::uint64 lines_q_ = 0;
};

} // namespace veilram
