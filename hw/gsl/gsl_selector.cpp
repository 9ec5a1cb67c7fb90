#include "hw/gsl/gsl_selector.hpp"

#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>

namespace veilram {

GslSelector::GslSelector(const sc_core::sc_module_name& name, const GslConfig& cfg)
    : sc_module(name), cfg_(cfg), registers_(cfg.crossbars), slot_(cfg.crossbars, -1),
      meter_({{{"vector_loads", "vectors written to a register", cfg.vector_load},
               {"zeroisations", "times all registers were cleared", cfg.zeroise},
               {"line_switches", "times a crossbar's GSL lines changed", cfg.line_switch}}}) {
    crossbar_isock.init(cfg_.crossbars);
    load_tsock.register_b_transport(this, &GslSelector::load_transport);
    read_tsock.register_b_transport(this, &GslSelector::read_transport);
    SC_METHOD(rail_method);
    sensitive << rail_i.neg();
    dont_initialize();
}

GslSelector::~GslSelector() = default;

void GslSelector::load_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    const auto* load = request_of<GslLoad>(trans);
    if (load == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    const bool done = load->vectors == nullptr ? zeroise(*load) : store(*load);
    trans.set_response_status(done ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
    if (!done) return;
    if (load->vectors == nullptr) {
        meter_.charge(GslEvent::zeroise);
        delay += to_sc_time(cfg_.zeroise.time);
    } else {
        const auto vectors = static_cast<std::int64_t>(load->vectors->size()) * cfg_.n;
        meter_.charge(GslEvent::vector_load, vectors);
        delay += to_sc_time(cfg_.vector_load.time * vectors);
    }
}

bool GslSelector::zeroise(const GslLoad& load) {
    if (load.first_crossbar > cfg_.crossbars || load.crossbars > cfg_.crossbars - load.first_crossbar) return false;
    if (load.crossbars == 0)
        wipe(0, registers_.size());
    else
        wipe(load.first_crossbar, load.crossbars);
    return true;
}

bool GslSelector::store(const GslLoad& load) {
    if (load.first_crossbar > cfg_.crossbars || load.vectors->size() > cfg_.crossbars - load.first_crossbar)
        return false;
    const auto words = words_for(static_cast<std::size_t>(cfg_.array.segments()));
    for (const auto& vectors : *load.vectors) {
        if (vectors.count() != cfg_.n) return false;
        for (const auto& vector : vectors.vectors)
            if (vector.size() != words) return false;
    }
    for (std::size_t c = 0; c < load.vectors->size(); ++c) {
        registers_[load.first_crossbar + c] = (*load.vectors)[c];
        slot_[load.first_crossbar + c] = -1; // the lines must be driven anew
    }
    note_loaded();
    return true;
}

void GslSelector::note_loaded() {
    loaded_q_ = 0;
    for (const auto& vectors : registers_) loaded_q_ += static_cast<unsigned>(vectors.count());
}

void GslSelector::wipe(std::size_t first, std::size_t count) {
    for (std::size_t c = first; c < first + count; ++c) {
        for (auto& vector : registers_[c].vectors) std::fill(vector.begin(), vector.end(), Word{0});
        registers_[c].vectors.clear();
        slot_[c] = -1;
    }
    note_loaded();
    slot_q_ = 0;
    lines_q_ = 0; // whichever layer's they were
}

void GslSelector::read_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<ReadRequest>(trans);
    if (request == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    if (request->crossbar >= cfg_.crossbars || request->slot >= static_cast<std::uint32_t>(2 * cfg_.n)) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    const GslVectors& vectors = registers_[request->crossbar];
    if (vectors.count() == 0) { // locked
        trans.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
        return;
    }
    request->gsl_lines = vectors.of_slot(static_cast<int>(request->slot), cfg_.array.segments());
    if (slot_[request->crossbar] != request->slot) {
        slot_[request->crossbar] = request->slot;
        meter_.charge(GslEvent::line_switch);
        delay += to_sc_time(cfg_.line_switch.time);
    }
    slot_q_ = request->slot;
    lines_q_ = request->gsl_lines.front();
    crossbar_isock[request->crossbar]->b_transport(trans, delay);
    std::fill(request->gsl_lines.begin(), request->gsl_lines.end(), Word{0}); // the initiator never sees the lines
    request->gsl_lines.clear();
}

void GslSelector::add_traces(TraceFile& file) const {
    file.add(*this, loaded_q_, "loaded");
    file.add(*this, slot_q_, "slot");
    file.add_secret(*this, lines_q_, "lines");
}

} // namespace veilram
