#include "hw/converter/lfsr_converter.hpp"

#include "hw/cycle/check_twin.hpp"
#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <string>

namespace veilram {

LfsrConverter::LfsrConverter(const sc_core::sc_module_name& name, const LfsrConverterConfig& cfg, PinClock* pins)
    : sc_module(name), cfg_(cfg), pins_(pins),
      meter_(std::array<EventKind, 1>{{{"bits", "stream bits generated", cfg.bit}}}) {
    busy_.rail_i.bind(rail_i);
    tsock.register_b_transport(this, &LfsrConverter::b_transport);
    SC_METHOD(rail_method);
    sensitive << rail_i.neg();
    dont_initialize();
    if (cfg_.implementation == Implementation::systemc) return;
    conversion_.emplace(cfg_.implementation, pins, std::string(this->name()) + ".converter");
}

LfsrConverter::~LfsrConverter() = default;

void LfsrConverter::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<ConversionRequest>(trans);
    if (request == nullptr || request->levels == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    if (conversion_) pins_->begin(to_ps(sc_core::sc_time_stamp() + delay));
    const ConversionSource source{ConverterKind::lfsr, {}, {}, request->lfsr_seed};
    request->streams = conversion_ ? convert_levels(*conversion_, source, *request->levels)
                                   : StreamSet({{source.kind, source.lfsr_seed}, nullptr, nullptr}, *request->levels);
    if (conversion_) check_twin(*this, conversion_->port.mismatch());
    if (request->clocked) request->source = source;
    const std::int64_t bits = request->conversions * cfg_.bits;
    meter_.charge(LfsrConverterEvent::bit, bits);
    meter_.spend(cfg_.bit.time * bits, delay);
    busy_.hold(delay);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

void LfsrConverter::rail_method() {
    if (!conversion_) return;
    pins_->begin(to_ps(sc_core::sc_time_stamp()));
    conversion_->port.reset();
    check_twin(*this, conversion_->port.mismatch());
}

void LfsrConverter::record(TwinWave* wave) {
    if (conversion_) conversion_->port.record(wave);
}

void LfsrConverter::collect(StatGroup& out) const {
    meter_.collect(out);
    if (conversion_) out.count("pin_clocks", conversion_->port.clocks(), "edges that the converter's pins saw");
}

void LfsrConverter::add_traces(TraceFile& file) const { file.add(*this, busy_.value(), "busy"); }

} // namespace veilram
