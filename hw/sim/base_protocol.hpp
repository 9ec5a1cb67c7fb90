// Small helpers for base-protocol targets and initiators.
#pragma once

#include <systemc>
#include <tlm>

#include <cstdint>

namespace veilram {

/// Checks what our memory-mapped targets support: no byte enables, no streaming, address + length within `size`.
/// Sets the response when it is not and returns false.
inline bool accept(tlm::tlm_generic_payload& trans, std::uint64_t size) {
    trans.set_dmi_allowed(false);
    if (trans.get_byte_enable_ptr() != nullptr) {
        trans.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
        return false;
    }
    if (trans.get_streaming_width() < trans.get_data_length() || trans.get_data_length() == 0) {
        trans.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
        return false;
    }
    if (trans.get_address() > size || trans.get_data_length() > size - trans.get_address()) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return false;
    }
    if (trans.is_read() == trans.is_write()) {
        trans.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
        return false;
    }
    return true;
}

/// Fills a payload for a plain access.
inline void prepare(tlm::tlm_generic_payload& trans, tlm::tlm_command command, std::uint64_t address, void* data,
                    std::size_t size) {
    trans.set_command(command);
    trans.set_address(address);
    trans.set_data_ptr(static_cast<unsigned char*>(data));
    trans.set_data_length(static_cast<unsigned>(size));
    trans.set_streaming_width(static_cast<unsigned>(size));
    trans.set_byte_enable_ptr(nullptr);
    trans.set_dmi_allowed(false);
    trans.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
}

/// One blocking access; returns the target's answer.
template <class Socket>
tlm::tlm_response_status access(Socket& socket, tlm::tlm_command command, std::uint64_t address, void* data,
                                std::size_t size, sc_core::sc_time& delay) {
    tlm::tlm_generic_payload trans;
    prepare(trans, command, address, data, size);
    socket->b_transport(trans, delay);
    return trans.get_response_status();
}

/// One debug access; returns the number of bytes that the target let through.
template <class Socket>
unsigned debug_access(Socket& socket, tlm::tlm_command command, std::uint64_t address, void* data, std::size_t size) {
    tlm::tlm_generic_payload trans;
    prepare(trans, command, address, data, size);
    return socket->transport_dbg(trans);
}

} // namespace veilram
