#include "hw/digital/digital_unit.hpp"

#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>
#include <array>

namespace veilram {

DigitalUnit::DigitalUnit(const sc_core::sc_module_name& name, const DigitalConfig& cfg)
    : sc_module(name), cfg_(cfg), meter_({{{"accumulations", "signed counts added", cfg.accumulate},
                                           {"elements", "elements quantised, scaled, activated or pooled", cfg.element},
                                           {"mask_rows", "sign rows unmasked", cfg.mask_row}}}) {
    busy_.rail_i.bind(rail_i);
    tsock.register_b_transport(this, &DigitalUnit::b_transport);
    mask_tsock.register_b_transport(this, &DigitalUnit::mask_transport);
    SC_METHOD(rail_method);
    sensitive << rail_i.neg();
    dont_initialize();
}

void DigitalUnit::mask_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    const auto* load = request_of<MaskLoad>(trans);
    const bool complete = load != nullptr && (load->mask_key == nullptr) == (load->weight_sums == nullptr);
    if (!complete || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    wipe_secrets();
    if (load->mask_key != nullptr) {
        mask_key_ = *load->mask_key;
        weight_sums_ = *load->weight_sums;
    }
    delay += to_sc_time(cfg_.element.time);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

void DigitalUnit::wipe_secrets() {
    if (mask_key_) mask_key_->fill(0);
    mask_key_.reset();
    std::fill(weight_sums_.begin(), weight_sums_.end(), 0);
    weight_sums_.clear();
}

void DigitalUnit::rail_method() {
    wipe_secrets();
    values_.clear();
    end_group();
}

void DigitalUnit::end_group() {
    patches_ = {};
    acc_ = {};
}

/// Whether the operands of `node` are in the activation buffer.
bool DigitalUnit::has_inputs(const Node& node, const Program& program) const {
    if (values_.size() != program.graph.nodes.size() + 1) return false;
    return std::none_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) { return values_[id].shape.empty(); });
}

void DigitalUnit::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<DigitalRequest>(trans);
    if (request == nullptr || request->program == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    const bool done =
        std::visit([&](auto& command) { return execute(command, *request->program, delay); }, request->command);
    busy_.hold(delay);
    trans.set_response_status(done ? tlm::TLM_OK_RESPONSE : tlm::TLM_COMMAND_ERROR_RESPONSE);
}

void DigitalUnit::charge_elements(std::size_t count, sc_core::sc_time& delay) {
    meter_.charge(DigitalEvent::element, static_cast<std::int64_t>(count));
    delay += to_sc_time(cfg_.element.time * static_cast<std::int64_t>(count));
}

bool DigitalUnit::execute(LoadInput& command, const Program& program, sc_core::sc_time& delay) {
    if (command.pixels == nullptr) return false;
    end_group();
    values_.assign(program.graph.nodes.size() + 1, Tensor());
    values_[0] = to_tensor(command.pixels, 1, program.graph.in_shape, program.input);
    charge_elements(values_[0].size(), delay);
    return true;
}

bool DigitalUnit::execute(RunNode& command, const Program& program, sc_core::sc_time& delay) {
    if (command.node >= program.graph.nodes.size()) return false;
    const Node& node = program.graph.nodes[command.node];
    if (is_matrix(node.op) || !has_inputs(node, program)) return false;
    std::vector<const Tensor*> inputs;
    for (const ValueId id : node.inputs) inputs.push_back(&values_[id]);
    values_[command.node + 1] = digital(node, inputs);
    charge_elements(values_[command.node + 1].size(), delay);
    return true;
}

bool DigitalUnit::execute(BeginGroup& command, const Program& program, sc_core::sc_time& delay) {
    if (command.layer >= program.layers.size()) return false;
    const std::size_t index = matrix_nodes(program.graph)[command.layer];
    const Node& node = program.graph.nodes[index];
    if (command.group < 0 || command.group >= matrix_shape(node.op).groups || !has_inputs(node, program)) return false;
    layer_ = command.layer;
    group_ = command.group;
    patches_ = gather_patches(node.op, group_, values_[node.inputs[0]], program.layers[layer_].quant.input);
    acc_.positions = patches_.positions;
    acc_.outputs = matrix_shape(node.op).outputs;
    acc_.acc.assign(acc_.positions * static_cast<std::size_t>(acc_.outputs), 0);
    charge_elements(group_ == 0 ? values_[node.inputs[0]].size() : 0, delay);
    return true;
}

bool DigitalUnit::execute(SelectLevels& command, const Program&, sc_core::sc_time&) {
    if (command.input < 0 || command.input >= patches_.inputs) return false;
    std::array<bool, kLevels> seen{};
    const auto step = static_cast<std::size_t>(patches_.inputs);
    for (std::size_t i = static_cast<std::size_t>(command.input); i < patches_.levels.size(); i += step)
        seen[patches_.levels[i]] = true;
    command.levels.clear();
    for (int level = 0; level < kLevels; ++level)
        if (seen[static_cast<std::size_t>(level)]) command.levels.push_back(static_cast<std::uint8_t>(level));
    command.positions = static_cast<std::int64_t>(patches_.positions);
    return true;
}

/// +1 or -1 for each output of the slot: the stored row, unmasked with the layer's key when signs are masked.
bool DigitalUnit::read_signs(const Accumulate& command, const Program& program, std::vector<std::int32_t>& signs,
                             sc_core::sc_time& delay) {
    const LayerProgram& layer = program.layers[layer_];
    const auto row = static_cast<std::uint32_t>(command.slot % program.n);
    const auto crossbar = layer.first_crossbar + static_cast<std::uint32_t>(command.crossbar);
    SignRowRequest request;
    request.row = crossbar * static_cast<std::uint32_t>(program.n) + row;
    if (send(sign_isock, request, delay) != tlm::TLM_OK_RESPONSE) return false; // once a burst: the signs are latched
    if (program.signs.mode == SignMode::masked) {
        if (!mask_key_) return false; // locked
        std::vector<Word> keystream(request.bits.size());
        sign_keystream(program.signs.generator, *mask_key_, crossbar, row,
                       static_cast<unsigned>(program.array.sign_bits()), keystream.data());
        for (std::size_t w = 0; w < keystream.size(); ++w) request.bits[w] ^= keystream[w];
        meter_.charge(DigitalEvent::mask_row);
        delay += to_sc_time(cfg_.mask_row.time);
    }
    const std::size_t first = command.slot < program.n ? 0 : static_cast<std::size_t>(program.array.row_pairs());
    for (std::size_t o = 0; o < signs.size(); ++o) signs[o] = get_bit(request.bits.data(), first + o) ? -1 : 1;
    return true;
}

bool DigitalUnit::execute(Accumulate& command, const Program& program, sc_core::sc_time& delay) {
    if (!group_open() || command.selection == nullptr || command.counts == nullptr) return false;
    const LayerProgram& layer = program.layers[layer_];
    if (command.crossbar >= layer.crossbars.size() || command.slot < 0 || command.slot >= 2 * program.n) return false;
    const CrossbarPlan& plan = layer.crossbars[command.crossbar];
    const auto outputs = static_cast<std::size_t>(plan.outputs);
    if (plan.group != group_ || command.counts->size() != command.selection->levels.size() * outputs) return false;
    std::vector<std::int32_t> signs(outputs);
    if (!read_signs(command, program, signs, delay)) return false;

    std::array<const std::uint16_t*, kLevels> row_of{};
    for (std::size_t i = 0; i < command.selection->levels.size(); ++i)
        row_of[command.selection->levels[i]] = command.counts->data() + i * outputs;
    const auto inputs = static_cast<std::size_t>(patches_.inputs);
    for (std::size_t p = 0; p < patches_.positions; ++p) {
        const auto* counts = row_of[patches_.levels[p * inputs + static_cast<std::size_t>(command.selection->input)]];
        auto* acc =
            acc_.acc.data() + p * static_cast<std::size_t>(acc_.outputs) + static_cast<std::size_t>(plan.first_output);
        for (std::size_t o = 0; o < outputs; ++o) acc[o] += signs[o] * counts[o];
    }
    meter_.charge(DigitalEvent::accumulate, static_cast<std::int64_t>(patches_.positions * outputs));
    delay += to_sc_time(cfg_.accumulate.time * static_cast<std::int64_t>(patches_.positions));
    return true;
}

bool DigitalUnit::execute(EndGroup&, const Program& program, sc_core::sc_time& delay) {
    if (!group_open()) return false;
    const std::size_t index = matrix_nodes(program.graph)[layer_];
    const Node& node = program.graph.nodes[index];
    const auto outputs = static_cast<std::size_t>(acc_.outputs);
    const std::size_t first = static_cast<std::size_t>(group_) * outputs;
    if (weight_sums_.size() < first + outputs) return false; // locked
    Tensor& out = values_[index + 1];
    if (out.shape.empty()) { // the layer's first group
        Shape shape{1};
        shape.insert(shape.end(), node.out_shape.begin(), node.out_shape.end());
        out = Tensor(shape);
    }
    const std::vector<std::int32_t> sums(weight_sums_.begin() + static_cast<std::ptrdiff_t>(first),
                                         weight_sums_.begin() + static_cast<std::ptrdiff_t>(first + outputs));
    dequantise(acc_, group_, 1, program.layers[layer_].quant, sums, out);
    charge_elements(acc_.acc.size(), delay);
    return true;
}

bool DigitalUnit::execute(ReadLogits& command, const Program&, sc_core::sc_time& delay) {
    if (values_.empty()) return false;
    command.logits = values_.back().data;
    charge_elements(command.logits.size(), delay);
    return true;
}

void DigitalUnit::add_traces(TraceFile& file) const { file.add(*this, busy_.value(), "busy"); }

} // namespace veilram
