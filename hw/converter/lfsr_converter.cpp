#include "hw/converter/lfsr_converter.hpp"

#include "hw/sim/report.hpp"
#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace veilram {
namespace {

/// A converter that does not answer gives a stream of zeros.
void convert_level(PinPort<LfsrPins>& port, unsigned level, std::uint8_t seed, Word* stream) {
    constexpr int kPatience = 16; // clocks: more than any bit takes
    LfsrPins::In& in = port.in;
    port.clock_until(&LfsrPins::Out::request_ready, kPatience);
    in.request_valid = 1;
    in.level = level;
    in.seed = seed;
    port.clock();
    in = {};
    in.bit_ready = 1;
    for (std::size_t t = 0; t < kStreamBits && port.clock_until(&LfsrPins::Out::bit_valid, kPatience); ++t) {
        set_bit(stream, t, port.out().bit != 0);
        port.clock();
    }
    in = {};
}

} // namespace

LfsrConverter::LfsrConverter(const sc_core::sc_module_name& name, const LfsrConverterConfig& cfg, PinClock* pins)
    : sc_module(name), cfg_(cfg), pins_(pins),
      meter_(std::array<EventKind, 1>{{{"bits", "stream bits generated", cfg.bit}}}) {
    busy_.rail_i.bind(rail_i);
    tsock.register_b_transport(this, &LfsrConverter::b_transport);
    SC_METHOD(rail_method);
    sensitive << rail_i.neg();
    dont_initialize();
    if (cfg_.implementation == Implementation::systemc) return;
    port_ = PinPort<LfsrPins>::make<LfsrCycle>(cfg_.implementation, *pins_, std::string(this->name()) + ".converter");
}

LfsrConverter::~LfsrConverter() = default;

void LfsrConverter::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<ConversionRequest>(trans);
    if (request == nullptr || request->levels == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    if (port_) pins_->begin(to_ps(sc_core::sc_time_stamp() + delay));
    request->streams = port_
                           ? convert_by_pins(*request->levels, request->lfsr_seed)
                           : StreamSet({{ConverterKind::lfsr, request->lfsr_seed}, nullptr, nullptr}, *request->levels);
    if (request->clocked) request->source = {ConverterKind::lfsr, {}, {}, request->lfsr_seed};
    const std::int64_t bits = request->conversions * cfg_.bits;
    meter_.charge(LfsrConverterEvent::bit, bits);
    meter_.spend(cfg_.bit.time * bits, delay);
    busy_.hold(delay);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

StreamSet LfsrConverter::convert_by_pins(const LevelSet& levels, std::uint8_t seed) {
    BitMatrix streams(levels.count(), kStreamBits);
    std::size_t row = 0;
    levels.for_each(
        [&](std::size_t level) { convert_level(*port_, static_cast<unsigned>(level), seed, streams.row(row++)); });
    VEILRAM_INVARIANT(port_->mismatch() == nullptr,
                      "the RTL differs from its model: " << to_string(*port_->mismatch()));
    return {levels, std::move(streams)};
}

void LfsrConverter::rail_method() {
    if (!port_) return;
    pins_->begin(to_ps(sc_core::sc_time_stamp()));
    port_->reset();
    VEILRAM_INVARIANT(port_->mismatch() == nullptr,
                      "the RTL differs from its model: " << to_string(*port_->mismatch()));
}

void LfsrConverter::record(TwinWave* wave) {
    if (port_) port_->record(wave);
}

void LfsrConverter::collect(StatGroup& out) const {
    meter_.collect(out);
    if (port_) out.count("pin_clocks", port_->clocks(), "edges that the converter's pins saw");
}

void LfsrConverter::add_traces(TraceFile& file) const { file.add(*this, busy_.value(), "busy"); }

} // namespace veilram
