#include "hw/crossbar/crossbar.hpp"

#include "hw/sim/base_protocol.hpp"
#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>

namespace veilram {

Crossbar::Crossbar(const sc_core::sc_module_name& name, const CrossbarConfig& cfg, PinClock* pins)
    : sc_module(name), cfg_(cfg),
      cells_(static_cast<std::size_t>(cfg.array.rows), static_cast<std::size_t>(cfg.array.cols)),
      meter_({{{"array_reads", "reads of the selected half array", cfg.array_read},
               {"word_lines", "word lines driven for a read", cfg.word_line},
               {"adc_conversions", "counts converted", cfg.adc_conversion},
               {"cell_writes", "cells that changed state", cfg.cell_write}}}) {
    reading_.rail_i.bind(rail_i);
    read_tsock.register_b_transport(this, &Crossbar::read_transport);
    cell_tsock.register_b_transport(this, &Crossbar::cell_transport);
    cell_tsock.register_transport_dbg(this, &Crossbar::cell_debug);
    SC_METHOD(rail_method);
    sensitive << rail_i.neg();
    dont_initialize();
    if (cfg.clock == Ps{}) return;
    const ClockedConfig clocked{
        cfg.converter,          cfg.array, cfg.adc, cfg.adcs, cfg.clock, cfg.array_read.time + cfg.word_line.time,
        cfg.adc_conversion.time};
    pipeline_ = std::make_unique<ClockedPipeline>("pipeline", clocked, *pins);
}

Crossbar::~Crossbar() = default;

void Crossbar::read_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<ReadRequest>(trans);
    if (request == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    const bool has_clock =
        request->clocked == nullptr || (pipeline_ && !pipeline_->is_busy() && !cfg_.device.has_static());
    const bool fits = has_clock && request->streams != nullptr && !request->streams->levels().empty() &&
                      request->pairs > 0 && request->pairs <= cfg_.array.row_pairs() &&
                      request->gsl_lines.size() == words_for(static_cast<std::size_t>(cfg_.array.segments())) &&
                      request->reads > 0 && request->adc_turns > 0;
    if (!fits) {
        trans.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
        return;
    }
    read(*request);
    meter_.charge(CrossbarEvent::array_read, request->reads);
    meter_.charge(CrossbarEvent::word_line, request->reads * cfg_.array.cols);
    meter_.charge(CrossbarEvent::adc_conversion, request->reads * request->pairs);
    if (request->clocked != nullptr)
        pipeline_->start(request->clocked, cells_.bits(), request->gsl_lines, request->pairs);
    meter_.spend(burst_time(*request), delay);
    reading_.hold(delay);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

/// Turning the cells for reading takes longer than a read: it is done once for as long as they stay.
void Crossbar::prepare_blocks(std::size_t pairs) {
    const std::size_t last = (pairs - 1) / kMaxWidth;
    if (blocks_.size() == last + 1 && blocks_[last].outputs() == pairs - last * kMaxWidth) return;
    forget_blocks();
    for (std::size_t first = 0; first < pairs; first += kMaxWidth) {
        const std::size_t outputs = std::min(kMaxWidth, pairs - first);
        blocks_.emplace_back(cells_.bits(), cfg_.array, first, outputs);
        if (cfg_.device.has_static())
            analog_.emplace_back(cells_.bits(), cfg_.array, cfg_.device, cfg_.number, first, outputs);
    }
}

void Crossbar::forget_blocks() {
    blocks_.clear();
    analog_.clear();
}

void Crossbar::read(ReadRequest& request) {
    prepare_blocks(static_cast<std::size_t>(request.pairs));
    const ByteAdc adc = byte_adc(cfg_.adc);
    request.codes.resize(blocks_.size());
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
        CodeTable& codes = request.codes[b];
        codes.resize(kStreamBits * width_for(blocks_[b].outputs()));
        if (analog_.empty())
            blocks_[b].read_slot(request.gsl_lines, *request.streams, adc, {}, codes.data());
        else
            analog_[b].read_slot(request.gsl_lines, *request.streams, adc, {}, codes.data());
    }
}

unsigned Crossbar::cell_debug(tlm::tlm_generic_payload& trans) {
    if (trans.is_write()) forget_blocks();
    return cells_.debug(trans);
}

/// Sample-and-hold lets the ADCs convert one read while the next one settles.
Ps Crossbar::burst_time(const ReadRequest& request) const {
    const Ps array = cfg_.array_read.time + cfg_.word_line.time;
    const Ps adc = cfg_.adc_conversion.time * ((request.pairs + cfg_.adcs - 1) / cfg_.adcs) * request.adc_turns;
    const std::int64_t reads =
        request.reads - (request.clocked == nullptr ? 0 : static_cast<std::int64_t>(request.clocked->levels.size()));
    return reads == 0 ? Ps{} : array + adc + std::max(array, adc) * (reads - 1);
}

void Crossbar::rail_method() {
    if (pipeline_) pipeline_->reset();
}

void Crossbar::cell_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    if (!accept(trans, cells_.size())) return;
    if (!rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    if (trans.is_write()) forget_blocks();
    const int changed = cells_.access(trans);
    meter_.charge(CrossbarEvent::cell_write, changed);
    meter_.spend(trans.is_write() ? cfg_.cell_write.time * changed : cfg_.array_read.time, delay);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

void Crossbar::add_traces(TraceFile& file) const { file.add(*this, reading_.value(), "reading"); }

} // namespace veilram
