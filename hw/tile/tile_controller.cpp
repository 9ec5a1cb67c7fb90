#include "hw/tile/tile_controller.hpp"

#include "hw/sim/base_protocol.hpp"
#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"
#include "models/base/diagnostics.hpp"
#include "models/protect/little_endian.hpp"

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
    std::int64_t converter_turns = 1, adc_turns = 1; ///< crossbars that take turns at its units
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
    : sc_module(name), cfg_(cfg), scheduler_(
                                      cfg.policy,
                                      [this](SchedulerRequest& request, sc_core::sc_time& delay) {
                                          return send(res_isock, request, delay) == tlm::TLM_OK_RESPONSE;
                                      },
                                      [this](const sc_core::sc_time& time) { spend(time); }) {
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

bool TileController::boot() {
    const auto booted = [this] {
        const auto blobs = fetch_program() ? fetch_directory() : std::nullopt;
        if (!blobs) return false;
        SealHeader header;
        header.format = program_->format;
        header.network = program_->graph.name;
        header.version = program_->version;
        return scheduler_.boot(header, *blobs);
    }();
    if (!booted) scheduler_.fail();
    return booted;
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

/// Where the sealed blobs are.
std::optional<std::vector<BlobPlace>> TileController::fetch_directory() {
    std::vector<BlobPlace> blobs;
    const std::vector<std::size_t> nodes = matrix_nodes(program_->graph);
    for (std::size_t layer = 0; layer < program_->layers.size(); ++layer) {
        std::array<std::uint8_t, MemoryHeader::kEntrySize> entry{};
        if (!fetch(header_.directory_offset + layer * entry.size(), entry.data(), entry.size())) return std::nullopt;
        const MatrixShape shape = matrix_shape(program_->graph.nodes[nodes[layer]].op);
        blobs.push_back({cfg_.image_base + load_u32(entry.data()), load_u32(entry.data() + 4),
                         program_->layers[layer].first_crossbar,
                         std::int64_t{shape.groups} * shape.outputs * shape.inputs});
    }
    return blobs;
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
    if (!scheduler_.begin_inference()) return false;
    LoadInput load{pixels_->data(), images_};
    if (!compute(load) || !run_nodes()) {
        scheduler_.close_all();
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

bool TileController::run_layer(std::size_t layer) {
    layer_q_ = static_cast<int>(layer);
    if (!scheduler_.open(layer)) return false;
    const Op& op = program_->graph.nodes[matrix_nodes(program_->graph)[layer]].op;
    const bool ok = run_groups(layer, matrix_shape(op).groups);
    return scheduler_.close(layer) && ok;
}

/// Groups side by side.
bool TileController::run_groups(std::size_t layer, int groups) {
    for (int group = 0; group < groups; ++group) {
        BeginGroup begin{layer, group};
        if (!compute(begin)) return false;
    }
    for (int slot = 0; slot < 2 * program_->n; ++slot)
        if (!run_slot(layer, slot)) return false;
    for (int group = 0; group < groups; ++group) {
        EndGroup end{group};
        if (!compute(end)) return false;
    }
    return true;
}

/// All crossbars of the layer read the same slot side by side, in step: a position is in one stage with all of them,
/// which takes as many turns as the busiest of the shared units; the slowest crossbar counts.
bool TileController::run_slot(std::size_t layer, int slot) {
    const auto& plans = program_->layers[layer].crossbars;
    std::vector<std::int64_t> active; ///< crossbars that have an input in this slot
    for (std::size_t c = 0; c < plans.size(); ++c)
        if (plans[c].inputs[static_cast<std::size_t>(slot)] >= 0) active.push_back(static_cast<std::int64_t>(c));
    const std::int64_t converter_turns = turns_of(active, cfg_.sharing.converter, cfg_.sharing.tile),
                       adc_turns = turns_of(active, cfg_.sharing.adcs, cfg_.sharing.tile);
    std::vector<std::unique_ptr<Burst>> clocked; ///< that take place while time passes
    sc_core::sc_time longest = sc_core::SC_ZERO_TIME;
    for (const std::int64_t crossbar : active) {
        auto burst = std::make_unique<Burst>();
        burst->crossbar = static_cast<std::size_t>(crossbar);
        burst->slot = slot;
        burst->converter_turns = converter_turns;
        burst->adc_turns = adc_turns;
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
    selection.group = plan.group;
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
    burst.stages.convert *= static_cast<double>(burst.converter_turns);

    ReadRequest& read = burst.read;
    read.crossbar = chip_crossbar;
    read.slot = static_cast<std::uint32_t>(burst.slot);
    read.streams = &conversion.streams;
    read.reads = selection.positions;
    read.pairs = plan.outputs;
    read.adc_turns = burst.adc_turns;
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
    burst.stages.accumulate *= static_cast<double>(burst.adc_turns);
    codes_ = std::move(burst.read.codes);
    ++bursts_;
    return true;
}

bool TileController::power_off() {
    const bool ok = scheduler_.shutdown();
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
