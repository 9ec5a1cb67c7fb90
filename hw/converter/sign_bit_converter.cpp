#include "hw/converter/sign_bit_converter.hpp"

#include "hw/cycle/check_twin.hpp"
#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>
#include <string>

namespace veilram {

SignBitConverter::SignBitConverter(const sc_core::sc_module_name& name, const SignBitConverterConfig& cfg,
                                   PinClock* pins)
    : sc_module(name), cfg_(cfg), pins_(pins),
      meter_({{{"injections", "clocks of the injector", cfg.inject},
               {"table_loads", "loads and erasures of the table of start positions", cfg.table_load}}}) {
    if (cfg_.implementation != Implementation::systemc)
        conversion_.emplace(cfg_.implementation, pins, std::string(this->name()) + ".converter");
    busy_.rail_i.bind(rail_i);
    tsock.register_b_transport(this, &SignBitConverter::b_transport);
    load_tsock.register_b_transport(this, &SignBitConverter::load_transport);
    SC_METHOD(rail_method);
    sensitive << rail_i.neg();
    dont_initialize();
}

SignBitConverter::~SignBitConverter() = default;

void SignBitConverter::load_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    const auto* load = request_of<StartLoad>(trans);
    if (load == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    if (!this->load(*load)) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    meter_.charge(SignBitConverterEvent::table_load);
    meter_.spend(cfg_.table_load.time, delay);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

bool SignBitConverter::load(const StartLoad& load) {
    if (load.start == nullptr) {
        wipe(load.layer);
        if (!load.layer) decay();
        return true;
    }
    if (!load.layer || (tables_.count(*load.layer) == 0 && tables_.size() >= cfg_.tables)) return false;
    tables_[*load.layer] = *load.start;
    return true;
}

void SignBitConverter::wipe(std::optional<std::uint32_t> layer) {
    for (auto& [owner, table] : tables_)
        if (!layer || owner == *layer) table.fill(0);
    if (layer)
        tables_.erase(*layer);
    else
        tables_.clear();
    start_q_ = 0;
}

void SignBitConverter::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<ConversionRequest>(trans);
    if (request == nullptr || request->levels == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    const auto table = tables_.find(request->layer);
    if (table == tables_.end()) { // locked
        trans.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
        return;
    }
    if (request->row >= static_cast<std::uint32_t>(cfg_.rows_per_crossbar)) { // a row of the next crossbar
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    RowReadRequest source;
    source.row = request->crossbar * static_cast<std::uint32_t>(cfg_.rows_per_crossbar) + request->row;
    source.reads = request->conversions;
    const auto status = send(sign_isock, source, delay);
    if (status == tlm::TLM_OK_RESPONSE) {
        if (conversion_) pins_->begin(to_ps(sc_core::sc_time_stamp() + delay));
        convert(table->second, source, *request);
        const std::int64_t clocks = request->conversions * cfg_.inject_cycles;
        meter_.charge(SignBitConverterEvent::inject, clocks);
        meter_.spend(cfg_.inject.time * clocks, delay);
        busy_.hold(delay);
    }
    trans.set_response_status(status);
}

void SignBitConverter::convert(const StartTable& start, const RowReadRequest& row, ConversionRequest& request) {
    ConversionSource source{ConverterKind::sign_bit, {}, start, 0};
    std::copy_n(row.bits.data(), source.row.size(), source.row.data());
    request.streams = conversion_ ? convert_levels(*conversion_, source, *request.levels)
                                  : StreamSet({{ConverterKind::sign_bit, 0}, row.bits.data(), &start}, *request.levels);
    if (conversion_) check_twin(*this, conversion_->port.mismatch());
    if (request.clocked) request.source = source;
    request.levels->for_each([&](std::size_t level) { start_q_ = start[level]; }); // stays at the last conversion's
}

void SignBitConverter::rail_method() {
    lose({static_cast<std::int64_t>(tables_.size() * sizeof(StartTable)) * 8, 0});
    wipe({});
    if (!conversion_) return;
    pins_->begin(to_ps(sc_core::sc_time_stamp()));
    conversion_->port.reset();
    check_twin(*this, conversion_->port.mismatch());
}

void SignBitConverter::record(TwinWave* wave) {
    if (conversion_) conversion_->port.record(wave);
}

void SignBitConverter::collect(StatGroup& out) const {
    meter_.collect(out);
    if (conversion_) out.count("pin_clocks", conversion_->port.clocks(), "edges that the converter's pins saw");
}

void SignBitConverter::add_traces(TraceFile& file) const {
    file.add(*this, busy_.value(), "busy");
    file.add_secret(*this, start_q_, "start");
}

} // namespace veilram
