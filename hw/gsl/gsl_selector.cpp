#include "hw/gsl/gsl_selector.hpp"

#include "hw/cycle/check_twin.hpp"
#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>
#include <utility>

namespace veilram {
namespace {

std::unique_ptr<GslBank> make_bank(const GslConfig& cfg, PinClock* pins, const std::string& name) {
    if (cfg.implementation == Implementation::systemc)
        return std::make_unique<GslRegisters>(cfg.crossbars, cfg.array.segments());
    return std::make_unique<GslPinBank>(cfg.implementation, cfg.crossbars, cfg.n, cfg.array.segments(), pins, name);
}

} // namespace

GslSelector::GslSelector(const sc_core::sc_module_name& name, const GslConfig& cfg, PinClock* pins)
    : sc_module(name), cfg_(cfg), pins_(cfg.implementation == Implementation::systemc ? nullptr : pins),
      bank_(make_bank(cfg, pins, std::string(this->name()) + ".selector")), slot_(cfg.crossbars, -1),
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
    start_pins(delay);
    const bool done = load->vectors == nullptr ? zeroise(*load) : store(*load);
    check_pins();
    trans.set_response_status(done ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
    if (!done) return;
    if (load->vectors == nullptr) {
        meter_.charge(GslEvent::zeroise);
        meter_.spend(cfg_.zeroise.time, delay);
    } else {
        const auto vectors = static_cast<std::int64_t>(load->vectors->size()) * cfg_.n;
        meter_.charge(GslEvent::vector_load, vectors);
        meter_.spend(cfg_.vector_load.time * vectors, delay);
    }
}

void GslSelector::start_pins(const sc_core::sc_time& delay) {
    if (pins_ != nullptr) pins_->begin(to_ps(sc_core::sc_time_stamp() + delay));
}

void GslSelector::check_pins() const { check_twin(*this, bank_->mismatch()); }

bool GslSelector::zeroise(const GslLoad& load) {
    if (load.first_crossbar > cfg_.crossbars || load.crossbars > cfg_.crossbars - load.first_crossbar) return false;
    const bool all = load.crossbars == 0;
    const std::size_t first = all ? 0 : load.first_crossbar, count = all ? cfg_.crossbars : load.crossbars;
    bank_->zeroise(first, count);
    forget_lines(first, count);
    if (all) decay();
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
        if (!bank_->load(load.first_crossbar + c, (*load.vectors)[c])) return false;
        slot_[load.first_crossbar + c] = -1; // the lines must be driven anew
    }
    note_loaded();
    return true;
}

void GslSelector::note_loaded() {
    loaded_q_ = 0;
    for (std::size_t c = 0; c < cfg_.crossbars; ++c) loaded_q_ += bank_->loaded(c);
}

void GslSelector::rail_method() {
    lose({std::int64_t{loaded_q_} * cfg_.array.segments(), 0});
    start_pins(sc_core::SC_ZERO_TIME);
    bank_->reset();
    check_pins();
    forget_lines(0, cfg_.crossbars);
}

/// After registers were cleared, whichever layer's they were.
void GslSelector::forget_lines(std::size_t first, std::size_t count) {
    std::fill_n(slot_.begin() + static_cast<std::ptrdiff_t>(first), count, -1);
    note_loaded();
    slot_q_ = 0;
    lines_q_ = 0;
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
    if (bank_->loaded(request->crossbar) == 0) { // locked
        trans.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
        return;
    }
    start_pins(delay);
    std::optional<GslVector> lines = bank_->select(request->crossbar, request->slot);
    check_pins();
    if (!lines) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    request->gsl_lines = std::move(*lines);
    if (slot_[request->crossbar] != request->slot) {
        slot_[request->crossbar] = request->slot;
        meter_.charge(GslEvent::line_switch);
        meter_.spend(cfg_.line_switch.time, delay);
    }
    slot_q_ = request->slot;
    lines_q_ = request->gsl_lines.front();
    crossbar_isock[request->crossbar]->b_transport(trans, delay);
    std::fill(request->gsl_lines.begin(), request->gsl_lines.end(), Word{0}); // the initiator never sees the lines
    request->gsl_lines.clear();
}

void GslSelector::collect(StatGroup& out) const {
    meter_.collect(out);
    if (pins_ != nullptr) out.count("pin_clocks", bank_->clocks(), "edges that the selectors' pins saw");
}

void GslSelector::add_traces(TraceFile& file) const {
    file.add(*this, loaded_q_, "loaded");
    file.add(*this, slot_q_, "slot");
    file.add_secret(*this, lines_q_, "lines");
}

} // namespace veilram
