// A tile of ISAAC: IMAs behind an eDRAM buffer.
#pragma once

#include "hw/isaac/isaac_ima.hpp"

namespace veilram {

/// Owns its IMAs and passes requests on: crossbars of a tile are numbered through.
class IsaacTile final : public sc_core::sc_module {
public:
    RequestTarget<IsaacTile, IsaacArrayRequest> tsock{"tsock"};
    RequestTarget<IsaacTile, IsaacProgramRequest> program_tsock{"program_tsock"};
    RequestTarget<IsaacTile, IsaacRowRequest> row_tsock{"row_tsock"};
    sc_core::sc_in<bool> rail_i{"rail_i"};

    IsaacTile(const sc_core::sc_module_name& name, const IsaacConfig& cfg);
    ~IsaacTile() override;

private:
    template <class Request, class Sockets>
    void pass_on(Sockets& sockets, tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void program_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void row_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);

    const IsaacConfig cfg_;
    sc_core::sc_vector<RequestInitiator<IsaacTile, IsaacArrayRequest>> ima_isock_{"ima_isock"};
    sc_core::sc_vector<RequestInitiator<IsaacTile, IsaacProgramRequest>> program_isock_{"program_isock"};
    sc_core::sc_vector<RequestInitiator<IsaacTile, IsaacRowRequest>> row_isock_{"row_isock"};
    sc_core::sc_vector<IsaacIma> imas_{"ima"};
};

} // namespace veilram
