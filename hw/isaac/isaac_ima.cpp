#include "hw/isaac/isaac_ima.hpp"

#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"
#include "models/arch/machines.hpp"
#include "models/base/diagnostics.hpp"

namespace veilram {
namespace {

/// One of `count` equal parts of a component, for a cycle.
Cost part(const IsaacConfig& cfg, const Component& component, std::int64_t count) {
    const double one = joules(energy_of(component.power, cfg.cycle)) / static_cast<double>(count);
    return {Ps{}, Fj{static_cast<std::int64_t>(one * 1e15 + 0.5)}};
}

} // namespace

IsaacIma::IsaacIma(const sc_core::sc_module_name& name, const IsaacConfig& cfg)
    : sc_module(name), cfg_(cfg), arrays_(static_cast<std::size_t>(cfg.arrays_per_ima)),
      meter_(
          {{{"word_lines", "word lines driven for a cycle",
             part(cfg, cfg.components.dac, cfg.arrays_per_ima * cfg.rows)},
            {"array_cycles", "cycles of a crossbar", part(cfg, cfg.components.array, cfg.arrays_per_ima)},
            {"samples", "bit lines sampled", part(cfg, cfg.components.sample_hold, cfg.arrays_per_ima * cfg.columns)},
            {"conversions", "samples converted", part(cfg, cfg.components.adc, cfg.arrays_per_ima * cfg.columns)},
            {"additions", "samples shifted and added",
             part(cfg, cfg.components.shift_add, cfg.arrays_per_ima * cfg.columns)},
            {"surroundings",
             "cycles of a crossbar's share of registers and tile",
             {Ps{}, energy_of(veilram::surroundings(cfg), cfg.cycle)}}}}) {
    busy_.rail_i.bind(rail_i);
    tsock.register_b_transport(this, &IsaacIma::b_transport);
    program_tsock.register_b_transport(this, &IsaacIma::program_transport);
    row_tsock.register_b_transport(this, &IsaacIma::row_transport);
}

IsaacIma::~IsaacIma() = default;

void IsaacIma::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<IsaacArrayRequest>(trans);
    if (request == nullptr || request->inputs == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    if (request->array >= arrays_.size() || !arrays_[request->array]) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    const IsaacArray& array = *arrays_[request->array];
    if (request->inputs->size() != array.inputs()) {
        trans.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
        return;
    }
    request->sums = array.multiply(*request->inputs);
    charge(array);
    meter_.spend(cfg_.cycle * cfg_.bits, delay);
    busy_.hold(delay);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

void IsaacIma::charge(const IsaacArray& array) {
    const std::int64_t cycles = cfg_.bits,
                       columns = static_cast<std::int64_t>(array.outputs()) * cfg_.cells_per_weight();
    meter_.charge(ImaEvent::word_line, cycles * static_cast<std::int64_t>(array.inputs()));
    meter_.charge(ImaEvent::array, cycles);
    for (const ImaEvent event : {ImaEvent::sample, ImaEvent::conversion, ImaEvent::shift_add})
        meter_.charge(event, cycles * columns);
    meter_.charge(ImaEvent::surroundings, cycles);
}

void IsaacIma::program_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
    const auto* request = request_of<IsaacProgramRequest>(trans);
    if (request == nullptr || request->weights == nullptr || request->array >= arrays_.size()) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    try {
        arrays_[request->array].emplace(cfg_, *request->weights, request->inputs, request->outputs);
        trans.set_response_status(tlm::TLM_OK_RESPONSE);
    } catch (const ModelError&) { // it does not fit: the initiator's mistake
        trans.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    }
}

void IsaacIma::row_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
    auto* request = request_of<IsaacRowRequest>(trans);
    if (request == nullptr || request->array >= arrays_.size() || request->row >= static_cast<std::size_t>(cfg_.rows)) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    auto& array = arrays_[request->array];
    const std::size_t columns = array && request->row < array->inputs() ? array->columns() : 0;
    if (request->write && (request->write->column >= columns || request->write->digit >> cfg_.cell_bits != 0)) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    if (request->write) array->set_digit(request->row, request->write->column, request->write->digit);
    request->digits.resize(columns);
    for (std::size_t c = 0; c < columns; ++c) request->digits[c] = array->digit(request->row, c);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

void IsaacIma::collect(StatGroup& out) const {
    meter_.collect(out);
    std::int64_t overflows = 0;
    for (const auto& array : arrays_) overflows += array ? array->overflows() : 0;
    out.count("overflows", overflows, "conversions whose sum did not fit: none, unless too many cells were written");
}

void IsaacIma::add_traces(TraceFile& file) const { file.add(*this, busy_.value(), "busy"); }

} // namespace veilram
