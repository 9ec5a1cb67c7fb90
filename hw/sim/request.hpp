// Private point-to-point links inside the chip: TLM sockets whose transactions carry one typed request. Sockets of
// different request types do not bind, and a base-protocol socket binds to none of them.
#pragma once

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

namespace veilram {

/// Protocol traits of a link that carries `Request`.
template <class Request> struct RequestProtocol {
    using tlm_payload_type = tlm::tlm_generic_payload;
    using tlm_phase_type = tlm::tlm_phase;
};

template <class Module, class Request>
using RequestInitiator = tlm_utils::simple_initiator_socket<Module, 32, RequestProtocol<Request>>;
template <class Module, class Request>
using RequestTarget = tlm_utils::simple_target_socket<Module, 32, RequestProtocol<Request>>;

/// One that may be left open.
template <class Module, class Request>
using OptionalTarget = tlm_utils::simple_target_socket_optional<Module, 32, RequestProtocol<Request>>;

/// Carries the request through the generic payload. The sender owns it; it outlives the blocking call.
template <class Request> struct RequestExtension : tlm::tlm_extension<RequestExtension<Request>> {
    Request* request = nullptr;

    tlm::tlm_extension_base* clone() const override { return new RequestExtension(*this); }
    void copy_from(const tlm::tlm_extension_base& other) override {
        request = static_cast<const RequestExtension&>(other).request;
    }
};

/// A payload that carries a request and lets go of it even when a broken invariant is thrown through it: the payload
/// would free what it does not own.
template <class Request> struct RequestPayload {
    RequestExtension<Request> extension;
    tlm::tlm_generic_payload trans;

    explicit RequestPayload(Request& request) {
        extension.request = &request;
        trans.set_command(tlm::TLM_IGNORE_COMMAND);
        trans.set_extension(&extension);
    }
    ~RequestPayload() { trans.clear_extension(&extension); }
    RequestPayload(const RequestPayload&) = delete;
    RequestPayload& operator=(const RequestPayload&) = delete;
};

/// Sends `request` and returns the target's answer; `delay` grows by the time it takes.
template <class Socket, class Request>
tlm::tlm_response_status send(Socket& socket, Request& request, sc_core::sc_time& delay) {
    RequestPayload<Request> payload(request);
    socket->b_transport(payload.trans, delay);
    return payload.trans.get_response_status();
}

/// The request a transaction carries, or nullptr when it has none.
template <class Request> Request* request_of(const tlm::tlm_generic_payload& trans) {
    const auto* extension = trans.get_extension<RequestExtension<Request>>();
    return extension == nullptr ? nullptr : extension->request;
}

} // namespace veilram
