#include "hw/crypto/key_store.hpp"

#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>

namespace veilram {

KeyStore::KeyStore(const sc_core::sc_module_name& name, const KeyStoreConfig& cfg)
    : sc_module(name), cfg_(cfg), minimum_version_(cfg.minimum_version), slots_(cfg.slots),
      meter_(std::array<EventKind, 1>{{{"sram_words", "8-byte words of the key SRAM accessed", cfg.sram_word}}}) {
    root_key_export.bind(*this);
    write_tsock.register_b_transport(this, &KeyStore::write_transport);
    read_tsock.register_b_transport(this, &KeyStore::read_transport);
    SC_METHOD(rail_method);
    sensitive << rail_i.neg();
    dont_initialize();
}

KeyStore::~KeyStore() = default;

void KeyStore::raise_minimum_version(std::uint32_t version) { minimum_version_ = std::max(minimum_version_, version); }

void KeyStore::write_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<KeySlotRequest>(trans);
    if (request == nullptr || request->action != KeySlotRequest::Action::write || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    if (request->slot >= slots_.size() || request->bytes.size() > cfg_.slot_bytes) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    Bytes& slot = slots_[request->slot];
    if (slot.empty() && !request->bytes.empty()) ++filled_q_;
    slot = request->bytes;
    charge(slot.size(), delay);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

void KeyStore::read_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<KeySlotRequest>(trans);
    if (request == nullptr || request->action == KeySlotRequest::Action::write || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
    if (request->action == KeySlotRequest::Action::erase_all) {
        for (const auto& slot : slots_) charge(slot.size(), delay);
        charge(static_cast<std::size_t>(remanent().secrets / 8), delay);
        wipe();
        decay();
    } else if (request->slot >= slots_.size() || slots_[request->slot].empty()) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    } else {
        request->bytes = slots_[request->slot];
        charge(request->bytes.size(), delay);
    }
}

void KeyStore::charge(std::size_t bytes, sc_core::sc_time& delay) {
    const auto words = static_cast<std::int64_t>((bytes + 7) / 8);
    meter_.charge(KeyStoreEvent::sram_word, words);
    meter_.spend(cfg_.sram_word.time * words, delay);
}

void KeyStore::rail_method() {
    for (const auto& slot : slots_) lose({static_cast<std::int64_t>(slot.size()) * 8, 0});
    wipe();
}

void KeyStore::wipe() {
    for (auto& slot : slots_) {
        std::fill(slot.begin(), slot.end(), std::uint8_t{0});
        slot.clear();
    }
    filled_q_ = 0;
}

void KeyStore::collect(StatGroup& out) const {
    meter_.collect(out);
    out.count("minimum_version", minimum_version_, "state of the monotonic counter");
}

void KeyStore::add_traces(TraceFile& file) const { file.add(*this, filled_q_, "filled"); }

} // namespace veilram
