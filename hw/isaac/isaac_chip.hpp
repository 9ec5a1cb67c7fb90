// The ISAAC baseline: tiles of crossbars that compute with weights in clear (docs/isaac.md).
#pragma once

#include "hw/isaac/isaac_tile.hpp"
#include "models/isaac/isaac_placement.hpp"

#include <vector>

namespace veilram {

/// Takes a layer's weights; its blocks go to the next free crossbars.
struct IsaacLayerRequest {
    const std::vector<std::int32_t>* weights = nullptr; ///< [inputs][outputs]
    std::size_t inputs = 0, outputs = 0;
    std::size_t layer = 0; ///< answer: number of the layer
};

/// One position of a layer.
struct IsaacOperation {
    std::size_t layer = 0;
    const std::vector<std::uint32_t>* inputs = nullptr;
    std::vector<std::int64_t> sums; ///< answer
};

/// All crossbars of a layer work side by side. Operations of a layer follow each other as fast as the bits of the
/// inputs do, and take all stages of the pipeline: 16 and 22 cycles at 16 bits.
class IsaacChip final : public sc_core::sc_module, public StatProvider, public Traceable {
public:
    RequestTarget<IsaacChip, IsaacLayerRequest> layer_tsock{"layer_tsock"};
    RequestTarget<IsaacChip, IsaacOperation> tsock{"tsock"};
    OptionalTarget<IsaacChip, IsaacRowRequest> row_tsock{"row_tsock"}; ///< crossbars of the chip, numbered through
    sc_core::sc_in<bool> rail_i{"rail_i"};

    SC_HAS_PROCESS(IsaacChip);
    IsaacChip(const sc_core::sc_module_name& name, const IsaacConfig& cfg);
    ~IsaacChip() override;

    void collect(StatGroup& out) const override;
    Fj energy() const override { return Fj{}; }
    void add_traces(TraceFile& file) const override;

private:
    void layer_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void row_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    bool program(const IsaacLayerRequest& request);
    bool compute(IsaacOperation& operation);
    void rail_method();
    std::size_t arrays_per_tile() const { return static_cast<std::size_t>(cfg_.arrays_per_ima * cfg_.imas_per_tile); }

    const IsaacConfig cfg_;
    sc_core::sc_vector<RequestInitiator<IsaacChip, IsaacArrayRequest>> tile_isock_{"tile_isock"};
    sc_core::sc_vector<RequestInitiator<IsaacChip, IsaacProgramRequest>> program_isock_{"program_isock"};
    sc_core::sc_vector<RequestInitiator<IsaacChip, IsaacRowRequest>> row_isock_{"row_isock"};
    sc_core::sc_vector<IsaacTile> tiles_{"tile"};
    IsaacPlacement placement_;
    std::vector<sc_core::sc_time> free_from_; ///< when the next operation of a layer may start
    std::int64_t operations_ = 0;
    unsigned layer_q_ = 0;
};

} // namespace veilram
