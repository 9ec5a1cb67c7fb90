#include "hw/converter/sign_bit_converter.hpp"

#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

namespace veilram {

SignBitConverter::SignBitConverter(const sc_core::sc_module_name& name, const SignBitConverterConfig& cfg)
    : sc_module(name), cfg_(cfg),
      meter_({{{"injections", "clocks of the injector", cfg.inject},
               {"table_loads", "loads and erasures of the table of start positions", cfg.table_load}}}) {
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
    delay += to_sc_time(cfg_.table_load.time);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

bool SignBitConverter::load(const StartLoad& load) {
    if (load.start == nullptr) {
        wipe(load.layer);
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
    SignRowRequest source;
    source.row = request->crossbar * static_cast<std::uint32_t>(cfg_.rows_per_crossbar) + request->row;
    source.reads = request->conversions;
    const auto status = send(sign_isock, source, delay);
    if (status == tlm::TLM_OK_RESPONSE) {
        convert(table->second, source, *request);
        const std::int64_t clocks = request->conversions * cfg_.inject_cycles;
        meter_.charge(SignBitConverterEvent::inject, clocks);
        delay += to_sc_time(cfg_.inject.time * clocks);
        busy_.hold(delay);
    }
    trans.set_response_status(status);
}

void SignBitConverter::convert(const StartTable& start, const SignRowRequest& source, ConversionRequest& request) {
    request.streams = StreamSet({{ConverterKind::sign_bit, 0}, source.bits.data(), &start}, *request.levels);
    request.levels->for_each([&](std::size_t level) { start_q_ = start[level]; }); // stays at the last conversion's
}

void SignBitConverter::add_traces(TraceFile& file) const {
    file.add(*this, busy_.value(), "busy");
    file.add_secret(*this, start_q_, "start");
}

} // namespace veilram
