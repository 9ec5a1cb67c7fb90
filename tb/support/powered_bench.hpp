// What every module test needs around its block: a rail, requests and their answers, figures.
#pragma once

#include "hw/sim/base_protocol.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"
#include "tb/support/sim_test.hpp"

#include <systemc>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace veilram::test {

/// A bench that supplies the block under test. The rail is up from the start.
class PoweredBench : public Bench {
public:
    sc_core::sc_signal<bool> rail{"rail", true};

    explicit PoweredBench(const sc_core::sc_module_name& name) : Bench(name) {}

    /// Moves the rail and waits until every block has noticed. For the body only.
    void power(bool on) {
        rail.write(on);
        wait(sc_core::sc_time(1, sc_core::SC_NS));
    }
};

/// A test whose bench is always the same.
template <class BenchType> class BenchTest : public SimTest {
protected:
    BenchType bench{"bench"};

    /// Runs `body` in the bench's thread.
    void simulate(std::function<void()> body) {
        bench.body = std::move(body);
        run(sc_core::sc_time(1, sc_core::SC_SEC));
    }
};

inline sc_core::sc_time ps(std::int64_t value) { return {static_cast<double>(value), sc_core::SC_PS}; }

/// How a target answered, and the time it added.
struct Answer {
    tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE;
    sc_core::sc_time time = sc_core::SC_ZERO_TIME;
};

/// Sends `request`. Every call starts with a delay of its own, so that a target that overwrites the delay is found.
template <class Socket, class Request> Answer ask(Socket& socket, Request& request) {
    const auto before = ps(7);
    auto delay = before;
    const auto status = send(socket, request, delay);
    return {status, delay - before};
}

/// Sends a transaction that carries no request at all.
template <class Socket> Answer ask_nothing(Socket& socket) {
    const auto before = ps(7);
    auto delay = before;
    tlm::tlm_generic_payload trans;
    trans.set_command(tlm::TLM_IGNORE_COMMAND);
    socket->b_transport(trans, delay);
    return {trans.get_response_status(), delay - before};
}

/// One plain access.
template <class Socket>
Answer transfer(Socket& socket, tlm::tlm_command command, std::uint64_t address, void* data, std::size_t size) {
    const auto before = ps(7);
    auto delay = before;
    const auto status = access(socket, command, address, data, size, delay);
    return {status, delay - before};
}

/// True when debug access through `socket` moves nothing, neither out nor in.
template <class Socket> bool closed_to_debug(Socket& socket) {
    std::array<std::uint8_t, 64> bytes{};
    bytes.fill(0xa5);
    const auto before = bytes;
    const unsigned out = debug_access(socket, tlm::TLM_READ_COMMAND, 0, bytes.data(), bytes.size());
    const unsigned in = debug_access(socket, tlm::TLM_WRITE_COMMAND, 0, bytes.data(), bytes.size());
    return out == 0 && in == 0 && bytes == before;
}

/// One figure of a block; -1 and a test failure when it has no such figure.
std::int64_t stat(const StatProvider& block, const std::string& name);

} // namespace veilram::test
