#include "hw/isaac/isaac_chip.hpp"

#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>

namespace veilram {

IsaacChip::IsaacChip(const sc_core::sc_module_name& name, const IsaacConfig& cfg) : sc_module(name), cfg_(cfg) {
    const auto count = static_cast<unsigned>(cfg.tiles);
    tile_isock_.init(count);
    program_isock_.init(count);
    tiles_.init(count, [&](const char* instance, std::size_t) { return new IsaacTile(instance, cfg); });
    for (unsigned i = 0; i < count; ++i) {
        tile_isock_[i].bind(tiles_[i].tsock);
        program_isock_[i].bind(tiles_[i].program_tsock);
        tiles_[i].rail_i.bind(rail_i);
    }
    layer_tsock.register_b_transport(this, &IsaacChip::layer_transport);
    tsock.register_b_transport(this, &IsaacChip::b_transport);
}

IsaacChip::~IsaacChip() = default;

void IsaacChip::layer_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
    auto* request = request_of<IsaacLayerRequest>(trans);
    if (request == nullptr || request->weights == nullptr || request->inputs == 0 || request->outputs == 0 ||
        request->weights->size() != request->inputs * request->outputs) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    Layer layer;
    if (!place(*request, layer)) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    request->layer = layers_.size();
    layers_.push_back(std::move(layer));
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

/// Cuts the matrix into blocks of a crossbar's size; false when there are not enough crossbars left, or a weight has
/// too many bits.
bool IsaacChip::place(const IsaacLayerRequest& request, Layer& layer) {
    const auto rows = static_cast<std::size_t>(cfg_.rows), columns = static_cast<std::size_t>(cfg_.weights_per_row());
    const std::size_t needed = ((request.inputs + rows - 1) / rows) * ((request.outputs + columns - 1) / columns);
    if (needed > static_cast<std::size_t>(cfg_.arrays()) - used_) return false;
    layer.inputs = request.inputs;
    layer.outputs = request.outputs;
    std::size_t next = used_;
    for (std::size_t i = 0; i < request.inputs; i += rows)
        for (std::size_t o = 0; o < request.outputs; o += columns) {
            const Block block{next++, i, std::min(rows, request.inputs - i), o, std::min(columns, request.outputs - o)};
            std::vector<std::int32_t> weights;
            for (std::size_t r = 0; r < block.inputs; ++r) {
                const auto row = request.weights->begin() + static_cast<std::ptrdiff_t>((i + r) * request.outputs + o);
                weights.insert(weights.end(), row, row + static_cast<std::ptrdiff_t>(block.outputs));
            }
            IsaacProgramRequest program{block.array % arrays_per_tile(), &weights, block.inputs, block.outputs};
            auto none = sc_core::SC_ZERO_TIME;
            if (send(program_isock_[block.array / arrays_per_tile()], program, none) != tlm::TLM_OK_RESPONSE)
                return false;
            layer.blocks.push_back(block);
        }
    used_ = next;
    return true;
}

void IsaacChip::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* operation = request_of<IsaacOperation>(trans);
    if (operation == nullptr || operation->inputs == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    if (operation->layer >= layers_.size() || operation->inputs->size() != layers_[operation->layer].inputs) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    Layer& layer = layers_[operation->layer];
    if (!compute(*operation, layer)) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    const auto now = sc_core::sc_time_stamp(), start = std::max(now + delay, layer.free_from);
    layer.free_from = start + to_sc_time(cfg_.cycle * cfg_.bits);
    delay = start + to_sc_time(cfg_.cycle * cfg_.pipeline_stages()) - now;
    layer_q_ = static_cast<unsigned>(operation->layer);
    ++operations_;
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

/// Time is the chip's business: crossbars work side by side.
bool IsaacChip::compute(IsaacOperation& operation, const Layer& layer) {
    operation.sums.assign(layer.outputs, 0);
    for (const Block& block : layer.blocks) {
        const auto first = operation.inputs->begin() + static_cast<std::ptrdiff_t>(block.first_input);
        const std::vector<std::uint32_t> inputs(first, first + static_cast<std::ptrdiff_t>(block.inputs));
        IsaacArrayRequest request{block.array % arrays_per_tile(), &inputs, {}};
        auto time = sc_core::SC_ZERO_TIME;
        if (send(tile_isock_[block.array / arrays_per_tile()], request, time) != tlm::TLM_OK_RESPONSE) return false;
        for (std::size_t o = 0; o < block.outputs; ++o) operation.sums[block.first_output + o] += request.sums[o];
    }
    return true;
}

void IsaacChip::collect(StatGroup& out) const {
    out.count("operations", operations_, "positions of a layer");
    out.count("arrays_used", static_cast<std::int64_t>(used_), "crossbars with weights");
}

void IsaacChip::add_traces(TraceFile& file) const { file.add(*this, layer_q_, "layer"); }

} // namespace veilram
