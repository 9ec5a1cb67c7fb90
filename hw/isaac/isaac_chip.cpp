#include "hw/isaac/isaac_chip.hpp"

#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>

namespace veilram {

IsaacChip::IsaacChip(const sc_core::sc_module_name& name, const IsaacConfig& cfg)
    : sc_module(name), cfg_(cfg), placement_(cfg) {
    const auto count = static_cast<unsigned>(cfg.tiles);
    tile_isock_.init(count);
    program_isock_.init(count);
    row_isock_.init(count);
    tiles_.init(count, [&](const char* instance, std::size_t) { return new IsaacTile(instance, cfg); });
    for (unsigned i = 0; i < count; ++i) {
        tile_isock_[i].bind(tiles_[i].tsock);
        program_isock_[i].bind(tiles_[i].program_tsock);
        row_isock_[i].bind(tiles_[i].row_tsock);
        tiles_[i].rail_i.bind(rail_i);
    }
    layer_tsock.register_b_transport(this, &IsaacChip::layer_transport);
    tsock.register_b_transport(this, &IsaacChip::b_transport);
    row_tsock.register_b_transport(this, &IsaacChip::row_transport);
    SC_METHOD(rail_method);
    sensitive << rail_i.neg();
    dont_initialize();
}

IsaacChip::~IsaacChip() = default;

void IsaacChip::layer_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
    auto* request = request_of<IsaacLayerRequest>(trans);
    if (request == nullptr || request->weights == nullptr || request->inputs == 0 || request->outputs == 0 ||
        request->weights->size() != request->inputs * request->outputs) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    const std::int64_t half = std::int64_t{1} << (cfg_.bits - 1);
    const bool fit = std::all_of(request->weights->begin(), request->weights->end(),
                                 [half](std::int64_t weight) { return weight >= -half && weight < half; });
    const auto number = fit ? placement_.add(request->inputs, request->outputs) : std::nullopt;
    if (!number) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    free_from_.emplace_back(sc_core::SC_ZERO_TIME);
    request->layer = *number;
    trans.set_response_status(program(*request) ? tlm::TLM_OK_RESPONSE : tlm::TLM_GENERIC_ERROR_RESPONSE);
}

bool IsaacChip::program(const IsaacLayerRequest& request) {
    for (const IsaacBlock& block : placement_.blocks(request.layer)) {
        std::vector<std::int32_t> weights;
        for (std::size_t r = 0; r < block.inputs; ++r) {
            const auto row =
                request.weights->begin() +
                static_cast<std::ptrdiff_t>((block.first_input + r) * request.outputs + block.first_output);
            weights.insert(weights.end(), row, row + static_cast<std::ptrdiff_t>(block.outputs));
        }
        IsaacProgramRequest program{block.array % arrays_per_tile(), &weights, block.inputs, block.outputs};
        auto none = sc_core::SC_ZERO_TIME;
        if (send(program_isock_[block.array / arrays_per_tile()], program, none) != tlm::TLM_OK_RESPONSE) return false;
    }
    return true;
}

void IsaacChip::row_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<IsaacRowRequest>(trans);
    if (request == nullptr || request->array >= static_cast<std::size_t>(cfg_.arrays())) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    const std::size_t array = request->array;
    request->array = array % arrays_per_tile();
    trans.set_response_status(send(row_isock_[array / arrays_per_tile()], *request, delay));
    request->array = array;
}

void IsaacChip::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* operation = request_of<IsaacOperation>(trans);
    if (operation == nullptr || operation->inputs == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    if (operation->layer >= placement_.matrices() || operation->inputs->size() != placement_.inputs(operation->layer)) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    if (!compute(*operation)) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    const auto now = sc_core::sc_time_stamp(), start = std::max(now + delay, free_from_[operation->layer]);
    free_from_[operation->layer] = start + to_sc_time(cfg_.cycle * cfg_.bits);
    delay = start + to_sc_time(cfg_.cycle * cfg_.pipeline_stages()) - now;
    layer_q_ = static_cast<unsigned>(operation->layer);
    ++operations_;
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

/// Operations that were ordered end with the power.
void IsaacChip::rail_method() { std::fill(free_from_.begin(), free_from_.end(), sc_core::SC_ZERO_TIME); }

/// Time is the chip's business: crossbars work side by side.
bool IsaacChip::compute(IsaacOperation& operation) {
    operation.sums.assign(placement_.outputs(operation.layer), 0);
    for (const IsaacBlock& block : placement_.blocks(operation.layer)) {
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
    out.count("arrays_used", static_cast<std::int64_t>(placement_.arrays_used()), "crossbars with weights");
}

void IsaacChip::add_traces(TraceFile& file) const { file.add(*this, layer_q_, "layer"); }

} // namespace veilram
