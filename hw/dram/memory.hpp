// A plain external memory: what the platform puts at the other end of the chip's memory socket.
#pragma once

#include <systemc>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <vector>

namespace veilram {

/// Base-protocol storage without timing of its own. Debug access is open: it is the thief's way to the memory's
/// content.
class Memory final : public sc_core::sc_module {
public:
    tlm_utils::simple_target_socket<Memory> chip_tsock{"chip_tsock"};
    tlm_utils::simple_target_socket<Memory> host_tsock{"host_tsock"};

    Memory(const sc_core::sc_module_name& name, std::uint64_t bytes);
    ~Memory() override;

private:
    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    unsigned transport_dbg(tlm::tlm_generic_payload& trans);
    void copy(tlm::tlm_generic_payload& trans, std::size_t count);

    std::vector<std::uint8_t> bytes_;
};

} // namespace veilram
