#include "hw/digital/digital_unit.hpp"

#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>
#include <utility>

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

DigitalUnit::~DigitalUnit() = default;

void DigitalUnit::mask_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    const auto* load = request_of<MaskLoad>(trans);
    const bool complete = load != nullptr && (load->mask_key == nullptr) == (load->weight_sums == nullptr);
    if (!complete || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    if (!this->load(*load)) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    meter_.spend(cfg_.element.time, delay);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

bool DigitalUnit::load(const MaskLoad& load) {
    if (load.mask_key == nullptr) {
        wipe_secrets(load.layer);
        if (load.layer) return true;
        wipe_activations();
        decay();
        return true;
    }
    if (!load.layer || (secrets_of(*load.layer) == nullptr && secrets_.size() >= cfg_.secrets)) return false;
    wipe_secrets(load.layer);
    secrets_[*load.layer] = {*load.mask_key, *load.weight_sums};
    return true;
}

const DigitalUnit::Secrets* DigitalUnit::secrets_of(std::size_t layer) const {
    const auto found = secrets_.find(layer);
    return found == secrets_.end() ? nullptr : &found->second;
}

void DigitalUnit::wipe_secrets(std::optional<std::uint32_t> layer) {
    for (auto& [owner, secrets] : secrets_) {
        if (layer && owner != *layer) continue;
        secrets.mask_key.fill(0);
        std::fill(secrets.weight_sums.begin(), secrets.weight_sums.end(), 0);
    }
    if (layer)
        secrets_.erase(*layer);
    else
        secrets_.clear();
}

void DigitalUnit::wipe_activations() {
    for (Tensor& value : values_) std::fill(value.data.begin(), value.data.end(), 0.0F);
    values_.clear();
    groups_.clear();
}

RemanentBits DigitalUnit::content() const {
    std::size_t secrets = 0, activations = 0;
    for (const auto& [layer, own] : secrets_)
        secrets += sizeof own.mask_key + own.weight_sums.size() * sizeof own.weight_sums[0];
    for (const Tensor& value : values_) activations += value.size() * sizeof(float);
    return {static_cast<std::int64_t>(8 * secrets), static_cast<std::int64_t>(8 * activations)};
}

void DigitalUnit::rail_method() {
    lose(content());
    wipe_secrets({});
    wipe_activations();
}

/// Whether the operands of `node` are in the activation buffer.
bool DigitalUnit::has_inputs(const Node& node, const Program& program) const {
    if (values_.size() != program.graph.nodes.size() + 1) return false;
    return std::none_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) { return values_[id].shape.empty(); });
}

/// The activation buffer holds what some node still reads.
void DigitalUnit::release_inputs(std::size_t node, const Program& program) {
    const std::vector<std::size_t> last_reader = last_readers(program.graph);
    for (const ValueId id : program.graph.nodes[node].inputs)
        if (last_reader[id] == node && id != 0) values_[id] = Tensor();
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
    meter_.spend(cfg_.element.time * static_cast<std::int64_t>(count), delay);
}

bool DigitalUnit::execute(LoadInput& command, const Program& program, sc_core::sc_time& delay) {
    if (command.pixels == nullptr || command.images == 0) return false;
    groups_.clear();
    values_.assign(program.graph.nodes.size() + 1, Tensor());
    values_[0] = to_tensor(command.pixels, command.images, program.graph.in_shape, program.input);
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
    release_inputs(command.node, program);
    return true;
}

bool DigitalUnit::execute(BeginGroup& command, const Program& program, sc_core::sc_time& delay) {
    if (command.layer >= program.layers.size()) return false;
    const std::size_t index = matrix_nodes(program.graph)[command.layer];
    const Node& node = program.graph.nodes[index];
    if (command.group < 0 || command.group >= matrix_shape(node.op).groups || !has_inputs(node, program)) return false;
    if (layer_ != command.layer) groups_.clear();
    layer_ = command.layer;
    Group& group = groups_[command.group] = Group();
    const Tensor& input = values_[node.inputs[0]];
    group.levels = map_levels(node.op, command.group, input, program.layers[layer_].quant.input);
    group.acc.positions = group.levels.positions();
    group.acc.outputs = matrix_shape(node.op).outputs;
    group.acc.acc.assign(group.acc.positions * static_cast<std::size_t>(group.acc.outputs), 0);
    charge_elements(command.group == 0 ? input.size() : 0, delay);
    return true;
}

bool DigitalUnit::execute(SelectLevels& command, const Program&, sc_core::sc_time&) {
    const auto group = groups_.find(command.group);
    if (group == groups_.end()) return false;
    const LevelMap& levels = group->second.levels;
    if (command.input < 0 || command.input >= levels.inputs()) return false;
    command.levels = levels.seen_by(static_cast<std::size_t>(command.input));
    command.positions = static_cast<std::int64_t>(levels.positions());
    command.sequence.clear();
    for (std::size_t p = 0; command.in_order && p < levels.positions(); ++p)
        command.sequence.push_back(levels.at(p, static_cast<std::size_t>(command.input)));
    return true;
}

/// The stored row of the slot's pair, unmasked with the layer's key when signs are masked. All 0 where lines are
/// signed.
bool DigitalUnit::read_signs(const Accumulate& command, const Program& program, std::vector<Word>& bits,
                             sc_core::sc_time& delay) {
    const LayerProgram& layer = program.layers[layer_];
    const auto row = static_cast<std::uint32_t>(command.slot % program.n);
    const auto crossbar = layer.first_crossbar + static_cast<std::uint32_t>(command.crossbar);
    if (program.signed_lines()) {
        bits.assign(words_for(static_cast<std::size_t>(program.array.sign_bits())), 0);
        return true;
    }
    RowReadRequest request;
    request.row = crossbar * static_cast<std::uint32_t>(program.n) + row;
    if (send(sign_isock, request, delay) != tlm::TLM_OK_RESPONSE) return false; // once a burst: the signs are latched
    if (program.signs.mode == SignMode::masked) {
        const Secrets* secrets = secrets_of(layer_);
        if (secrets == nullptr) return false; // locked
        std::vector<Word> keystream(request.bits.size());
        sign_keystream(program.signs.generator, secrets->mask_key, crossbar, row,
                       static_cast<unsigned>(program.array.sign_bits()), keystream.data());
        for (std::size_t w = 0; w < keystream.size(); ++w) request.bits[w] ^= keystream[w];
        meter_.charge(DigitalEvent::mask_row);
        meter_.spend(cfg_.mask_row.time, delay);
    }
    bits = std::move(request.bits);
    return true;
}

RowAdder& DigitalUnit::adder_of(Group& group, std::size_t first_output, std::size_t outputs) {
    const auto [place, is_new] = group.adders.try_emplace(first_output, outputs);
    const LevelMap& levels = group.levels;
    if (is_new)
        place->second.begin({levels.levels.data(), levels.origins.data(), levels.positions(), levels.offsets.data()},
                            {group.acc.acc.data() + first_output, static_cast<std::size_t>(group.acc.outputs)});
    return place->second;
}

void DigitalUnit::add_codes(Group& group, const CrossbarPlan& plan, const Accumulate& command, const Word* signs,
                            std::size_t first_sign) {
    const auto input = static_cast<std::size_t>(plan.inputs[static_cast<std::size_t>(command.slot)]);
    const auto pairs = static_cast<std::size_t>(plan.outputs);
    for (std::size_t b = 0; b < command.codes->size(); ++b) {
        const std::size_t first = b * kMaxWidth, outputs = std::min(kMaxWidth, pairs - first);
        SignedInput signed_input{input, {}};
        for (std::size_t o = 0; o < outputs; ++o)
            if (get_bit(signs, first_sign + first + o)) signed_input.flip[o] = 255;
        RowAdder& adder = adder_of(group, static_cast<std::size_t>(plan.first_output) + first, outputs);
        const CodeTable& codes = (*command.codes)[b];
        adder.add_inputs({signed_input}, [&](std::size_t, std::uint8_t* table) {
            flip_rows(codes.data(), width_for(outputs), group.levels.seen_by(input), signed_input.flip.data(), table);
        });
    }
}

bool DigitalUnit::execute(Accumulate& command, const Program& program, sc_core::sc_time& delay) {
    if (groups_.empty() || command.codes == nullptr) return false;
    const LayerProgram& layer = program.layers[layer_];
    if (command.crossbar >= layer.crossbars.size() || command.slot < 0 || command.slot >= 2 * program.n) return false;
    const CrossbarPlan& plan = layer.crossbars[command.crossbar];
    const auto outputs = static_cast<std::size_t>(plan.outputs);
    const auto group = groups_.find(plan.group);
    const bool fits = group != groups_.end() && plan.inputs[static_cast<std::size_t>(command.slot)] >= 0 &&
                      command.codes->size() == (outputs + kMaxWidth - 1) / kMaxWidth &&
                      command.codes->back().size() == kStreamBits * width_for((outputs - 1) % kMaxWidth + 1);
    std::vector<Word> signs;
    if (!fits || !read_signs(command, program, signs, delay)) return false;
    add_codes(group->second, plan, command, signs.data(),
              command.slot < program.n ? 0 : static_cast<std::size_t>(program.array.row_pairs()));
    const std::size_t sums = outputs + (program.signed_lines() ? 1 : 0); // one more: of the levels
    const std::size_t positions = group->second.levels.positions();
    meter_.charge(DigitalEvent::accumulate, static_cast<std::int64_t>(positions * sums));
    meter_.spend(cfg_.accumulate.time * static_cast<std::int64_t>(positions), delay);
    return true;
}

bool DigitalUnit::execute(EndGroup& command, const Program& program, sc_core::sc_time& delay) {
    const auto open = groups_.find(command.group);
    if (open == groups_.end()) return false;
    Group& group = open->second;
    const std::size_t index = matrix_nodes(program.graph)[layer_];
    const Node& node = program.graph.nodes[index];
    const auto outputs = static_cast<std::size_t>(group.acc.outputs);
    const std::size_t first = static_cast<std::size_t>(command.group) * outputs;
    const Secrets* secrets = secrets_of(layer_);
    if (secrets == nullptr || secrets->weight_sums.size() < first + outputs) return false; // locked
    Tensor& out = values_[index + 1];
    if (out.shape.empty()) { // the layer's first group
        Shape shape = node.out_shape;
        shape.insert(shape.begin(), values_[0].dim(0));
        out = Tensor(shape);
    }
    const auto* from = secrets->weight_sums.data() + first;
    const std::vector<std::int32_t> sums(from, from + outputs);
    for (auto& adder : group.adders) adder.second.finish();
    if (program.signed_lines()) take_off_half_levels(group.levels, group.acc);
    dequantise(group.acc, command.group, program.unit(), program.layers[layer_].quant, sums, out);
    charge_elements(group.acc.acc.size(), delay);
    groups_.erase(open);
    if (command.group + 1 == matrix_shape(node.op).groups) release_inputs(index, program);
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
