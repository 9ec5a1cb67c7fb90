#include "tb/host/isaac_owner.hpp"

#include "models/base/diagnostics.hpp"
#include "models/image/image.hpp"
#include "models/protect/little_endian.hpp"
#include "tb/host/debug_all.hpp"

#include <algorithm>

namespace veilram {
namespace {
constexpr std::size_t kStack = 8 * 1024 * 1024; ///< inference runs in threads of the kernel
} // namespace

class IsaacOwner::Layers final : public MatrixEngine {
public:
    explicit Layers(IsaacOwner& owner) : owner_(owner) {}
    Tensor apply(std::size_t layer, const Node& node, const Tensor& input, std::size_t first_image) override {
        if (!owner_.scheduler_.open(layer)) throw Refused{};
        Tensor out = owner_.engine_.apply(layer, node, input, first_image);
        if (!owner_.scheduler_.close(layer)) throw Refused{};
        return out;
    }

private:
    IsaacOwner& owner_;
};

IsaacOwner::IsaacOwner(const sc_core::sc_module_name& name, const IsaacConfig& isaac, const SealedIsaacConfig& cfg,
                       LevelImage image)
    : sc_module(name), image_(std::move(image)), map_(isaac_map(isaac, image_.levels)),
      memory_content_(flatten({image_.text, image_.sealed})), chip_("chip", map_, cfg),
      memory_("memory", memory_content_.size()), engine_("engine", isaac.bits, image_.program.layers, image_.levels),
      scheduler_(
          cfg.policy,
          [this](SchedulerRequest& request, sc_core::sc_time& delay) {
              return send(res_isock_, request, delay) == tlm::TLM_OK_RESPONSE;
          },
          [this](const sc_core::sc_time& time) { spend(time); }) {
    engine_.layer_isock.bind(chip_.chip.layer_tsock);
    engine_.isock.bind(chip_.chip.tsock);
    engine_.spend = [this](const sc_core::sc_time& time) { spend(time); };
    chip_.power_good_i.bind(power_good_);
    chip_.rst_ni.bind(rst_n_);
    chip_.dram.memory_isock.bind(memory_.chip_tsock);
    res_isock_.bind(chip_.res.tsock);
    hash_isock_.bind(chip_.crypto.hash_tsock);
    power_isock_.bind(chip_.power.tsock);
    fetch_isock_.bind(chip_.dram.tsock[0]);
    memory_isock_.bind(memory_.host_tsock);
    cell_isock_.bind(chip_.writer.cell_tsock);
    SC_THREAD(body_thread);
    set_stack_size(kStack);
    SC_THREAD(work_thread);
    set_stack_size(kStack);
}

IsaacOwner::~IsaacOwner() = default;

void IsaacOwner::run(const std::function<void()>& body) {
    body_ = body;
    sc_core::sc_start();
    if (error_) std::rethrow_exception(error_);
    if (!ended_) throw ModelError("the simulation stands still: the owner waits for what never comes");
}

void IsaacOwner::body_thread() {
    try {
        engine_.program();
        load_memory(memory_content_);
        body_();
    } catch (...) {
        error_ = std::current_exception();
    }
    ended_ = true;
    sc_core::sc_stop();
}

void IsaacOwner::work_thread() {
    while (true) {
        wait(start_ev_);
        try {
            completed_ = act(action_);
        } catch (const PowerLoss&) {
            completed_ = false;
        } catch (...) {
            error_ = std::current_exception();
            sc_core::sc_stop();
        }
        action_ = Action::none;
        done_ev_.notify();
    }
}

void IsaacOwner::spend(const sc_core::sc_time& time) {
    if (time != sc_core::SC_ZERO_TIME) wait(time, chip_.rail.negedge_event());
    if (!chip_.rail.read()) throw PowerLoss{};
}

bool IsaacOwner::fetch(std::uint64_t address, void* data, std::size_t size) {
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    const auto status = access(fetch_isock_, tlm::TLM_READ_COMMAND, address, data, size, delay);
    spend(delay);
    return status == tlm::TLM_OK_RESPONSE;
}

void IsaacOwner::power_on() {
    power_good_.write(true);
    do wait(sc_core::sc_time(1, sc_core::SC_US));
    while (!chip_.rail.read());
}

void IsaacOwner::start(Action action) {
    if (busy()) throw ModelError("the owner of the chip is busy");
    action_ = action;
    completed_ = false;
    start_ev_.notify(sc_core::SC_ZERO_TIME);
}

bool IsaacOwner::wait_done() {
    while (busy()) wait(done_ev_);
    return completed_;
}

bool IsaacOwner::act(Action action) {
    switch (action) {
    case Action::boot:
        return boot_chip();
    case Action::infer:
        return run_network();
    case Action::power_off:
        return lock_chip();
    case Action::none:
        break;
    }
    return false;
}

/// Reads the program, as a controller must, and has it hashed and the blobs opened.
bool IsaacOwner::boot_chip() {
    const auto header = MemoryHeader::decode(memory_content_.data());
    std::string text(header.program_size, '\0');
    Bytes directory(header.layers * MemoryHeader::kEntrySize);
    if (!fetch(header.program_offset, text.data(), text.size()) ||
        !fetch(header.directory_offset, directory.data(), directory.size()))
        return false;
    HashRequest hash{&text};
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    if (send(hash_isock_, hash, delay) != tlm::TLM_OK_RESPONSE) return false;
    spend(delay);
    std::vector<BlobPlace> blobs;
    for (std::size_t l = 0; l < header.layers; ++l) {
        const std::uint8_t* entry = directory.data() + l * MemoryHeader::kEntrySize;
        blobs.push_back(
            {load_u32(entry), load_u32(entry + 4), 0, static_cast<std::int64_t>(image_.levels[l].q.size())});
    }
    SealHeader seal;
    seal.format = kLevelFormat;
    seal.network = image_.program.graph.name;
    seal.version = image_.program.version;
    const bool booted = scheduler_.boot(seal, blobs);
    if (!booted) scheduler_.fail();
    return booted;
}

bool IsaacOwner::run_network() {
    logits_.clear();
    if (!scheduler_.begin_inference()) return false;
    Layers layers(*this);
    try {
        logits_ = veilram::infer(image_.program.graph, images_, layers).data;
    } catch (const Refused&) {
        scheduler_.close_all();
        return false;
    }
    return true;
}

bool IsaacOwner::lock_chip() {
    const bool ok = scheduler_.shutdown();
    PowerOffRequest off;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    send(power_isock_, off, delay);
    return ok;
}

bool IsaacOwner::boot() {
    start(Action::boot);
    return wait_done();
}

std::vector<float> IsaacOwner::infer(Tensor images) {
    load_input(std::move(images));
    start(Action::infer);
    return wait_done() ? logits_ : std::vector<float>();
}

bool IsaacOwner::power_off() {
    start(Action::power_off);
    const bool orderly = wait_done();
    pull_plug();
    return orderly;
}

void IsaacOwner::pull_plug() {
    power_good_.write(false);
    do wait(sc_core::sc_time(1, sc_core::SC_NS));
    while (chip_.rail.read() || busy());
}

void IsaacOwner::reset() {
    rst_n_.write(false);
    do wait(sc_core::sc_time(1, sc_core::SC_NS));
    while (busy());
    rst_n_.write(true);
    wait(sc_core::sc_time(1, sc_core::SC_NS));
}

ResState IsaacOwner::state() {
    SchedulerRequest query;
    sc_core::sc_time none = sc_core::SC_ZERO_TIME;
    return send(res_isock_, query, none) == tlm::TLM_OK_RESPONSE ? query.state : ResState::off;
}

Bytes IsaacOwner::dump() {
    const IsaacConfig& isaac = map_.config();
    Bytes cells(map_.arrays_used() * static_cast<std::size_t>(isaac.rows * isaac.columns));
    debug_all(cell_isock_, tlm::TLM_READ_COMMAND, 0, cells);
    return cells;
}

Bytes IsaacOwner::dump_journal() {
    const IsaacConfig& isaac = map_.config();
    const auto columns = static_cast<std::uint64_t>(isaac.columns);
    Bytes journal((map_.layers() + columns - 1) / columns * columns);
    debug_all(cell_isock_, tlm::TLM_READ_COMMAND,
              static_cast<std::uint64_t>(isaac.arrays()) * static_cast<std::uint64_t>(isaac.rows) * columns, journal);
    return journal;
}

Bytes IsaacOwner::dump_memory() {
    Bytes content(memory_content_.size());
    debug_all(memory_isock_, tlm::TLM_READ_COMMAND, 0, content);
    return content;
}

void IsaacOwner::load_memory(const Bytes& content) {
    Bytes copy = content;
    debug_all(memory_isock_, tlm::TLM_WRITE_COMMAND, 0, copy);
}

} // namespace veilram
