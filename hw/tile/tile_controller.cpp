#include "hw/tile/tile_controller.hpp"

#include "hw/sim/base_protocol.hpp"
#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"
#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

namespace veilram {
namespace {
constexpr std::uint32_t kLargestProgram = 1U << 28; ///< a corrupt header must not make the controller fetch gigabytes

/// Stages of a burst overlap like a pipeline: the slowest one sets the pace, the others are seen once.
struct StageTimes {
    sc_core::sc_time convert = sc_core::SC_ZERO_TIME;
    sc_core::sc_time read = sc_core::SC_ZERO_TIME;
    sc_core::sc_time accumulate = sc_core::SC_ZERO_TIME;

    sc_core::sc_time total(std::int64_t items) const {
        const auto slowest = std::max({convert, read, accumulate});
        const auto others = convert + read + accumulate - slowest;
        return slowest + sc_core::sc_time::from_value(others.value() / static_cast<std::uint64_t>(items));
    }
};

sc_core::sc_time part_of(const sc_core::sc_time& time, std::int64_t part, std::int64_t whole) {
    return sc_core::sc_time::from_value(time.value() * static_cast<std::uint64_t>(part) /
                                        static_cast<std::uint64_t>(whole));
}

} // namespace

/// One slot of one crossbar at every position.
struct TileController::Burst {
    std::size_t crossbar = 0; ///< of the layer
    int slot = 0;
    std::int64_t positions = 0;
    LevelSet levels;
    ConversionRequest conversion;
    ReadRequest read;
    StageTimes stages;
    std::shared_ptr<ClockedBurst> clocked;

    /// Positions in `window` take place clock by clock.
    void clock(const ClockedWindow& window, Ps accumulate_time, std::vector<std::uint8_t> sequence) {
        const std::size_t first = std::min(window.first, sequence.size());
        const std::size_t count = std::min(window.count, sequence.size() - first);
        if (count == 0) return;
        clocked = std::make_shared<ClockedBurst>();
        clocked->source = std::exchange(conversion.source, {});
        const auto begin = sequence.begin() + static_cast<std::ptrdiff_t>(first);
        clocked->levels.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
        clocked->convert = to_ps(part_of(stages.convert, 1, positions));
        clocked->accumulate = accumulate_time;
    }
    void take_codes() {
        for (const auto& [level, codes] : clocked->codes)
            for (std::size_t pair = 0; pair < codes.size(); ++pair) {
                CodeTable& table = read.codes[pair / kMaxWidth];
                const std::size_t outputs = std::min(kMaxWidth, codes.size() - pair / kMaxWidth * kMaxWidth);
                table[level * width_for(outputs) + pair % kMaxWidth] = codes[pair];
            }
    }
    /// Of the positions that are loosely timed.
    sc_core::sc_time time() const {
        const std::int64_t rest = positions - (clocked ? static_cast<std::int64_t>(clocked->levels.size()) : 0);
        if (rest == 0) return stages.read; // the GSL lines have switched
        const StageTimes of_rest{part_of(stages.convert, rest, positions), stages.read,
                                 part_of(stages.accumulate, rest, positions)};
        return of_rest.total(rest);
    }
};

TileController::TileController(const sc_core::sc_module_name& name, const TileConfig& cfg)
    : sc_module(name), cfg_(cfg) {
    tsock.register_b_transport(this, &TileController::b_transport);
    SC_THREAD(run_thread);
    set_stack_size(1024 * 1024); // parsing a program needs more than a model usually does
    SC_METHOD(rail_method);
    sensitive << rail_i.neg();
    dont_initialize();
}

TileController::~TileController() = default;

void TileController::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
    auto* request = request_of<TileRequest>(trans);
    if (request == nullptr) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
    if (request->action != Action::query) {
        if (action_ != Action::query || !rail_i.read()) {
            trans.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
            return;
        }
        action_ = request->action;
        pixels_ = request->pixels;
        images_ = request->images;
        start_ev_.notify(sc_core::SC_ZERO_TIME);
    }
    request->busy = action_ != Action::query;
    request->failed = failed_;
    request->layer = layer_q_;
    request->input_bytes = program_ ? static_cast<std::size_t>(element_count(program_->graph.in_shape)) : 0;
    request->logits = logits_;
    if (!rail_i.read()) return;
    SchedulerRequest query;
    sc_core::sc_time none = sc_core::SC_ZERO_TIME;
    send(res_isock, query, none);
    request->state = query.state;
    request->fault = query.fault;
}

void TileController::run_thread() {
    while (true) {
        wait(start_ev_);
        try {
            action_q_ = static_cast<unsigned>(action_);
            switch (action_) {
            case Action::boot:
                failed_ = !boot();
                break;
            case Action::infer:
                failed_ = !infer();
                break;
            case Action::power_off:
                failed_ = !power_off();
                break;
            case Action::query:
                break;
            }
        } catch (const PowerLoss&) {
            failed_ = true;
        }
        layer_q_ = -1;
        action_q_ = 0;
        action_ = Action::query;
        done_o.write(++done_);
    }
}

void TileController::rail_method() {
    program_.reset();
    codes_.clear();
    logits_.clear();
}

/// Lets time pass; a falling rail ends the action.
void TileController::spend(const sc_core::sc_time& time) {
    if (time != sc_core::SC_ZERO_TIME) wait(time, rail_i.negedge_event());
    if (!rail_i.read()) throw PowerLoss{};
}

bool TileController::fetch(std::uint64_t offset, void* data, std::size_t size) {
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    const auto status = access(memory_isock, tlm::TLM_READ_COMMAND, cfg_.image_base + offset, data, size, delay);
    spend(delay);
    return status == tlm::TLM_OK_RESPONSE;
}

/// Takes its time; afterwards `request` says how things are then.
bool TileController::schedule(SchedulerRequest& request) {
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    if (send(res_isock, request, delay) != tlm::TLM_OK_RESPONSE) return false;
    spend(delay);
    SchedulerRequest query;
    query.layer = request.layer;
    delay = sc_core::SC_ZERO_TIME;
    if (send(res_isock, query, delay) != tlm::TLM_OK_RESPONSE) return false;
    request.state = query.state;
    request.layer_state = query.layer_state;
    return query.state != ResState::fault;
}

bool TileController::schedule(SchedulerRequest& request, ResState expected) {
    return schedule(request) && request.state == expected;
}

bool TileController::boot() {
    const bool booted = fetch_program() && unseal_all() && (cfg_.policy != ResPolicy::resident || start_all());
    if (booted) return true;
    SchedulerRequest query;
    if (schedule(query)) { // nobody has said yet why
        query.action = SchedulerRequest::Action::memory_fault;
        schedule(query);
    }
    return false;
}

/// Every layer comes in clear, and stays so.
bool TileController::start_all() {
    for (std::size_t layer = 0; layer < program_->layers.size(); ++layer)
        if (!start_unlock(layer) || !await_unlock(layer)) return false;
    return true;
}

bool TileController::fetch_program() {
    std::array<std::uint8_t, MemoryHeader::kSize> bytes{};
    if (!fetch(0, bytes.data(), bytes.size())) return false;
    const auto header = MemoryHeader::decode(bytes.data());
    if (header.magic != MemoryHeader::kMagic || header.program_size == 0 || header.program_size > kLargestProgram)
        return false;
    std::string text(header.program_size, '\0');
    if (!fetch(header.program_offset, text.data(), text.size())) return false;
    HashRequest hash{&text};
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    if (send(hash_isock, hash, delay) != tlm::TLM_OK_RESPONSE) return false;
    spend(delay);
    return load_program(header, text);
}

/// The text is not authentic yet - the blobs will tell - but the parser takes anything.
bool TileController::load_program(const MemoryHeader& header, const std::string& text) {
    try {
        program_ = decode_program(text);
    } catch (const UserError&) {
        return false;
    }
    header_ = header;
    return fits_chip();
}

bool TileController::fits_chip() const {
    return program_->array == cfg_.array && program_->n == cfg_.n && program_->adc == cfg_.adc &&
           program_->crossbar_count() <= cfg_.crossbars && header_.layers == program_->layers.size();
}

bool TileController::unseal_all() {
    SchedulerRequest request;
    request.action = SchedulerRequest::Action::begin_boot;
    request.layers = static_cast<int>(header_.layers);
    if (!schedule(request, ResState::boot)) return false;
    request.action = SchedulerRequest::Action::unseal;
    request.header.format = program_->format;
    request.header.network = program_->graph.name;
    request.header.version = program_->version;
    for (request.layer = 0; request.layer < request.layers; ++request.layer) {
        std::array<std::uint8_t, 8> entry{};
        if (!fetch(header_.directory_offset + 8U * static_cast<unsigned>(request.layer), entry.data(), entry.size()))
            return false;
        const auto word = [&](std::size_t at) {
            return entry[at] | std::uint32_t{entry[at + 1]} << 8U | std::uint32_t{entry[at + 2]} << 16U |
                   std::uint32_t{entry[at + 3]} << 24U;
        };
        request.address = cfg_.image_base + word(0);
        request.size = word(4);
        request.first_crossbar = program_->layers[static_cast<std::size_t>(request.layer)].first_crossbar;
        if (!schedule(request, ResState::boot)) return false;
    }
    request.action = SchedulerRequest::Action::end_boot;
    return schedule(request, ResState::locked);
}

template <class Command> bool TileController::compute(Command& command, sc_core::sc_time& delay) {
    DigitalRequest request{&*program_, std::move(command)};
    const auto status = send(digital_isock, request, delay);
    command = std::move(std::get<Command>(request.command));
    return status == tlm::TLM_OK_RESPONSE;
}

template <class Command> bool TileController::compute(Command& command) {
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    const bool ok = compute(command, delay);
    spend(delay);
    return ok;
}

bool TileController::infer() {
    if (!program_ || pixels_ == nullptr) return false;
    const std::size_t image = static_cast<std::size_t>(element_count(program_->graph.in_shape));
    if (images_ == 0 || images_ > pixels_->size() / image) return false;
    if (cfg_.policy == ResPolicy::prefetch && !start_unlock(0)) return false;
    LoadInput load{pixels_->data(), images_};
    if (!compute(load) || !run_nodes()) {
        close_open_layers();
        return false;
    }
    ReadLogits read;
    if (!compute(read)) return false;
    logits_ = std::move(read.logits);
    inferences_ += static_cast<std::int64_t>(images_);
    return true;
}

bool TileController::run_nodes() {
    std::size_t layer = 0;
    for (std::size_t i = 0; i < program_->graph.nodes.size(); ++i) {
        RunNode node{i};
        const bool ok = is_matrix(program_->graph.nodes[i].op) ? run_layer(layer++) : compute(node);
        if (!ok) return false;
    }
    return true;
}

/// Does not wait for it.
bool TileController::start_unlock(std::size_t layer) {
    SchedulerRequest unlock;
    unlock.action = SchedulerRequest::Action::unlock;
    unlock.layer = static_cast<int>(layer);
    const MatrixShape shape = matrix_shape(program_->graph.nodes[matrix_nodes(program_->graph)[layer]].op);
    unlock.weights = std::int64_t{shape.groups} * shape.outputs * shape.inputs;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    if (send(res_isock, unlock, delay) == tlm::TLM_OK_RESPONSE && unlock.state != ResState::fault) return true;
    spend(delay); // a refusal closes everything
    return false;
}

bool TileController::await_unlock(std::size_t layer) {
    SchedulerRequest await;
    await.action = SchedulerRequest::Action::await;
    await.layer = static_cast<int>(layer);
    return schedule(await) && await.layer_state == LayerState::clear;
}

bool TileController::lock(std::size_t layer) {
    SchedulerRequest lock;
    lock.action = SchedulerRequest::Action::lock;
    lock.layer = static_cast<int>(layer);
    return schedule(lock) && lock.layer_state == LayerState::locked; // the next one may be on its way, or in clear
}

/// After an inference that was not completed.
void TileController::close_open_layers() {
    if (cfg_.policy == ResPolicy::resident) return;
    for (std::size_t layer = 0; layer < program_->layers.size(); ++layer) {
        SchedulerRequest query;
        query.layer = static_cast<int>(layer);
        if (!schedule(query)) return;
        if (query.layer_state == LayerState::locked || !await_unlock(layer)) continue;
        lock(layer);
    }
}

bool TileController::run_layer(std::size_t layer) {
    layer_q_ = static_cast<int>(layer);
    if (cfg_.policy == ResPolicy::per_layer && !start_unlock(layer)) return false;
    if (!await_unlock(layer)) return false;
    if (cfg_.policy == ResPolicy::prefetch && layer + 1 < program_->layers.size() && !start_unlock(layer + 1))
        return false;
    const Op& op = program_->graph.nodes[matrix_nodes(program_->graph)[layer]].op;
    bool ok = true;
    for (int group = 0; ok && group < matrix_shape(op).groups; ++group) ok = run_group(layer, group);
    return (cfg_.policy == ResPolicy::resident || lock(layer)) && ok;
}

bool TileController::run_group(std::size_t layer, int group) {
    BeginGroup begin{layer, group};
    if (!compute(begin)) return false;
    for (int slot = 0; slot < 2 * program_->n; ++slot)
        if (!run_slot(layer, group, slot)) return false;
    EndGroup end;
    return compute(end);
}

/// All crossbars of the group read the same slot side by side; the slowest one counts.
bool TileController::run_slot(std::size_t layer, int group, int slot) {
    const auto& plans = program_->layers[layer].crossbars;
    std::vector<std::unique_ptr<Burst>> clocked; ///< that take place while time passes
    sc_core::sc_time longest = sc_core::SC_ZERO_TIME;
    for (std::size_t c = 0; c < plans.size(); ++c) {
        if (plans[c].group != group || plans[c].inputs[static_cast<std::size_t>(slot)] < 0) continue;
        auto burst = std::make_unique<Burst>();
        burst->crossbar = c;
        burst->slot = slot;
        if (!begin_burst(layer, *burst)) return false;
        if (burst->clocked)
            clocked.push_back(std::move(burst));
        else if (!finish_burst(*burst))
            return false;
        else
            longest = std::max(longest, burst->time());
    }
    for (const auto& burst : clocked) {
        while (!burst->clocked->finished) {
            wait(burst->clocked->finished_ev | rail_i.negedge_event());
            if (!rail_i.read()) throw PowerLoss{};
        }
        if (!finish_burst(*burst)) return false;
        longest = std::max(longest, burst->time());
    }
    spend(longest);
    return true;
}

/// One slot at every position: select levels, convert, read.
bool TileController::begin_burst(std::size_t layer, Burst& burst) {
    const LayerProgram& program = program_->layers[layer];
    const CrossbarPlan& plan = program.crossbars[burst.crossbar];
    const auto chip_crossbar = program.first_crossbar + static_cast<std::uint32_t>(burst.crossbar);
    const auto window = cfg_.clocked.find(layer);
    SelectLevels selection;
    selection.input = plan.inputs[static_cast<std::size_t>(burst.slot)];
    selection.in_order = window != cfg_.clocked.end();
    if (!compute(selection, burst.stages.accumulate)) return false;
    burst.positions = selection.positions;
    burst.levels = selection.levels;

    ConversionRequest& conversion = burst.conversion;
    conversion.layer = static_cast<std::uint32_t>(layer);
    conversion.crossbar = chip_crossbar;
    conversion.row = static_cast<std::uint32_t>(burst.slot % program_->n);
    conversion.levels = &burst.levels;
    conversion.lfsr_seed = program_->converter.lfsr_seed;
    conversion.conversions = selection.positions;
    conversion.clocked = selection.in_order;
    auto& converter = program_->converter.kind == ConverterKind::lfsr ? lfsr_isock : sign_bit_isock;
    if (send(converter, conversion, burst.stages.convert) != tlm::TLM_OK_RESPONSE) return false;

    ReadRequest& read = burst.read;
    read.crossbar = chip_crossbar;
    read.slot = static_cast<std::uint32_t>(burst.slot);
    read.streams = &conversion.streams;
    read.reads = selection.positions;
    read.pairs = plan.outputs;
    read.codes = std::move(codes_);
    if (window != cfg_.clocked.end()) burst.clock(window->second, cfg_.accumulate, std::move(selection.sequence));
    read.clocked = burst.clocked;
    return send(read_isock, read, burst.stages.read) == tlm::TLM_OK_RESPONSE;
}

/// Adds what was read. Codes that were seen clock by clock are the ones that count.
bool TileController::finish_burst(Burst& burst) {
    if (burst.clocked) burst.take_codes();
    Accumulate add{burst.crossbar, burst.slot, &burst.read.codes};
    if (!compute(add, burst.stages.accumulate)) return false;
    codes_ = std::move(burst.read.codes);
    ++bursts_;
    return true;
}

bool TileController::power_off() {
    SchedulerRequest shutdown;
    shutdown.action = SchedulerRequest::Action::shutdown;
    const bool ok = schedule(shutdown, ResState::off);
    PowerOffRequest off;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    send(power_isock, off, delay);
    wait(sc_core::SC_ZERO_TIME);
    return ok;
}

void TileController::collect(StatGroup& out) const {
    out.count("inferences", inferences_, "images inferred");
    out.count("bursts", bursts_, "bursts of one slot over all positions");
}

void TileController::add_traces(TraceFile& file) const {
    file.add_enum(*this, action_q_, "action", {"IDLE", "BOOT", "INFER", "POWER_OFF"});
    file.add(*this, layer_q_, "layer");
}

} // namespace veilram
