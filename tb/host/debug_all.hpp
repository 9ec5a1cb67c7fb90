// Debug access that must reach all it asks for: the factory's work, and the thief's.
#pragma once

#include "hw/sim/base_protocol.hpp"
#include "models/base/diagnostics.hpp"
#include "models/protect/secrets.hpp"

#include <string>

namespace veilram {

/// Moves `bytes`; throws ModelError when the target lets fewer through.
template <class Socket> void debug_all(Socket& socket, tlm::tlm_command command, std::uint64_t address, Bytes& bytes) {
    const unsigned moved = debug_access(socket, command, address, bytes.data(), bytes.size());
    if (moved != bytes.size())
        throw ModelError("debug access at " + std::to_string(address) + " moved " + std::to_string(moved) + " of " +
                         std::to_string(bytes.size()) + " bytes");
}

} // namespace veilram
