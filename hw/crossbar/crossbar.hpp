// A 1T4R crossbar with its word-line drivers and ADCs (docs/model.md, section 1).
#pragma once

#include "hw/crossbar/cell_store.hpp"
#include "hw/crossbar/crossbar_config.hpp"
#include "hw/cycle/clocked_pipeline.hpp"
#include "hw/sim/busy_line.hpp"
#include "hw/sim/event_meter.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"
#include "models/device/analog_block.hpp"

#include <systemc>

#include <cstdint>
#include <memory>
#include <vector>

namespace veilram {

/// A burst of reads of one slot: the same GSL lines, many word-line patterns. Positions whose input level is the same
/// drive the same stream, so a burst carries each distinct stream once and says how many reads it stands for.
struct ReadRequest {
    std::uint32_t crossbar = 0;
    std::uint32_t slot = 0;                ///< 0..2n-1
    const StreamSet* streams = nullptr;    ///< distinct word-line patterns, one for each level
    std::int64_t reads = 0;                ///< reads that the burst stands for
    int pairs = 0;                         ///< row pairs that are sensed, from row pair 0
    std::int64_t adc_turns = 1;            ///< crossbars that take turns at the ADCs, this one among them
    GslVector gsl_lines;                   ///< driven by the selector; secret
    std::shared_ptr<ClockedBurst> clocked; ///< the part of the burst that takes place clock by clock, after the answer
    std::vector<CodeTable> codes;          ///< answer: for every kMaxWidth row pairs one table
};

enum class CrossbarEvent : std::uint8_t { array_read, word_line, adc_conversion, cell_write };

/// One crossbar. The cells survive power-off; `cell_tsock` programs them (timed) and, through transport_dbg, is the
/// thief's microscope.
class Crossbar final : public sc_core::sc_module, public StatProvider, public Traceable {
public:
    RequestTarget<Crossbar, ReadRequest> read_tsock{"read_tsock"};
    tlm_utils::simple_target_socket<Crossbar> cell_tsock{"cell_tsock"};
    sc_core::sc_in<bool> rail_i{"rail_i"};

    SC_HAS_PROCESS(Crossbar);
    /// `pins` is needed where there is a clock, and must outlive the module.
    Crossbar(const sc_core::sc_module_name& name, const CrossbarConfig& cfg, PinClock* pins = nullptr);
    ~Crossbar() override;

    void record(TwinWave* wave) {
        if (pipeline_) pipeline_->record(wave);
    }

    void collect(StatGroup& out) const override { meter_.collect(out); }
    Fj energy() const override { return meter_.energy(); }
    void add_traces(TraceFile& file) const override;

private:
    void rail_method();
    void read_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void cell_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    unsigned cell_debug(tlm::tlm_generic_payload& trans);
    void prepare_blocks(std::size_t pairs);
    void forget_blocks();
    void read(ReadRequest& request);
    Ps burst_time(const ReadRequest& request) const;

    const CrossbarConfig cfg_;
    CellStore cells_;
    std::vector<CellBlock> blocks_;   ///< views of cells_ for reading; none after the cells have changed
    std::vector<AnalogBlock> analog_; ///< the same of cells that are not ideal, beside blocks_
    EventMeter<CrossbarEvent, 4> meter_;
    BusyLine reading_{"reading"};
    std::unique_ptr<ClockedPipeline> pipeline_; ///< null where nothing takes place clock by clock
};

} // namespace veilram
