#include "hw/converter/lfsr_converter.hpp"

#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

namespace veilram {

LfsrConverter::LfsrConverter(const sc_core::sc_module_name& name, const LfsrConverterConfig& cfg)
    : sc_module(name), cfg_(cfg), meter_(std::array<EventKind, 1>{{{"bits", "stream bits generated", cfg.bit}}}) {
    busy_.rail_i.bind(rail_i);
    tsock.register_b_transport(this, &LfsrConverter::b_transport);
}

LfsrConverter::~LfsrConverter() = default;

void LfsrConverter::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<ConversionRequest>(trans);
    if (request == nullptr || request->levels == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    request->streams = StreamSet({{ConverterKind::lfsr, request->lfsr_seed}, nullptr, nullptr}, *request->levels);
    const std::int64_t bits = request->conversions * cfg_.bits;
    meter_.charge(LfsrConverterEvent::bit, bits);
    const auto time = to_sc_time(cfg_.bit.time * bits);
    busy_.hold(delay + time);
    delay += time;
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

void LfsrConverter::add_traces(TraceFile& file) const { file.add(*this, busy_.value(), "busy"); }

} // namespace veilram
