#include "hw/dram/memory.hpp"

#include "hw/sim/base_protocol.hpp"

#include <algorithm>

namespace veilram {

Memory::Memory(const sc_core::sc_module_name& name, std::uint64_t bytes) : sc_module(name), bytes_(bytes) {
    for (auto* socket : {&chip_tsock, &host_tsock}) {
        socket->register_b_transport(this, &Memory::b_transport);
        socket->register_transport_dbg(this, &Memory::transport_dbg);
    }
}

Memory::~Memory() = default;

void Memory::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
    if (!accept(trans, bytes_.size())) return;
    copy(trans, trans.get_data_length());
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

unsigned Memory::transport_dbg(tlm::tlm_generic_payload& trans) {
    if (trans.get_address() >= bytes_.size()) return 0;
    const auto count = std::min<std::uint64_t>(trans.get_data_length(), bytes_.size() - trans.get_address());
    copy(trans, count);
    return static_cast<unsigned>(count);
}

void Memory::copy(tlm::tlm_generic_payload& trans, std::size_t count) {
    const auto place = bytes_.begin() + static_cast<std::ptrdiff_t>(trans.get_address());
    if (trans.is_write())
        std::copy_n(trans.get_data_ptr(), count, place);
    else if (trans.is_read())
        std::copy_n(place, count, trans.get_data_ptr());
}

} // namespace veilram
