#include "hw/isaac/isaac_tile.hpp"

namespace veilram {

IsaacTile::IsaacTile(const sc_core::sc_module_name& name, const IsaacConfig& cfg) : sc_module(name), cfg_(cfg) {
    const auto count = static_cast<unsigned>(cfg.imas_per_tile);
    ima_isock_.init(count);
    program_isock_.init(count);
    row_isock_.init(count);
    imas_.init(count, [&](const char* instance, std::size_t) { return new IsaacIma(instance, cfg); });
    for (unsigned i = 0; i < count; ++i) {
        ima_isock_[i].bind(imas_[i].tsock);
        program_isock_[i].bind(imas_[i].program_tsock);
        row_isock_[i].bind(imas_[i].row_tsock);
        imas_[i].rail_i.bind(rail_i);
    }
    tsock.register_b_transport(this, &IsaacTile::b_transport);
    program_tsock.register_b_transport(this, &IsaacTile::program_transport);
    row_tsock.register_b_transport(this, &IsaacTile::row_transport);
}

IsaacTile::~IsaacTile() = default;

template <class Request, class Sockets>
void IsaacTile::pass_on(Sockets& sockets, tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<Request>(trans);
    if (request == nullptr) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    const auto arrays = static_cast<std::size_t>(cfg_.arrays_per_ima);
    if (request->array / arrays >= sockets.size()) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    Request inner = *request;
    inner.array = request->array % arrays;
    trans.set_response_status(send(sockets[request->array / arrays], inner, delay));
    inner.array = request->array;
    *request = std::move(inner);
}

void IsaacTile::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    pass_on<IsaacArrayRequest>(ima_isock_, trans, delay);
}

void IsaacTile::program_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    pass_on<IsaacProgramRequest>(program_isock_, trans, delay);
}

void IsaacTile::row_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    pass_on<IsaacRowRequest>(row_isock_, trans, delay);
}

} // namespace veilram
