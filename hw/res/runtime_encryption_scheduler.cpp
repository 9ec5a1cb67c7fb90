#include "hw/res/runtime_encryption_scheduler.hpp"

#include "hw/cycle/check_twin.hpp"
#include "hw/sim/report.hpp"
#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace veilram {
namespace {

ResFault fault_of(UnsealRequest::Verdict verdict) {
    switch (verdict) {
    case UnsealRequest::Verdict::replayed:
        return ResFault::version_replayed;
    case UnsealRequest::Verdict::memory_error:
        return ResFault::memory;
    case UnsealRequest::Verdict::no_room:
        return ResFault::key_store_full;
    default:
        return ResFault::blob_refused;
    }
}

std::unique_ptr<ResMachine> make_machine(const SchedulerConfig& cfg, PinClock* pins, const std::string& name) {
    if (cfg.implementation == Implementation::systemc) return std::make_unique<ResCore>(cfg.policy);
    return std::make_unique<ResPinMachine>(cfg.implementation, cfg.policy, pins, name);
}

constexpr int kChip = -1; ///< arrives as a whole: the end of a boot that recovers, of a shutdown

} // namespace

RuntimeEncryptionScheduler::RuntimeEncryptionScheduler(const sc_core::sc_module_name& name, const SchedulerConfig& cfg,
                                                       PinClock* pins)
    : sc_module(name), cfg_(cfg), pins_(cfg.implementation == Implementation::systemc ? nullptr : pins),
      core_(make_machine(cfg, pins, std::string(this->name()) + ".machine")) {
    tsock.register_b_transport(this, &RuntimeEncryptionScheduler::b_transport);
    emergency_tsock.register_b_transport(this, &RuntimeEncryptionScheduler::emergency_transport);
    SC_METHOD(settle_method);
    sensitive << settle_ev_;
    dont_initialize();
    SC_METHOD(rail_method);
    sensitive << rail_i.neg();
    dont_initialize();
}

RuntimeEncryptionScheduler::~RuntimeEncryptionScheduler() = default;

void RuntimeEncryptionScheduler::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<SchedulerRequest>(trans);
    if (request == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    settle(); // a step that ends now has ended, whichever process runs first
    const auto before = delay;
    if (!core_->in_emergency()) act(*request, delay);
    if (request->action != SchedulerRequest::Action::await) spent_[request->action] += to_ps(delay - before);
    publish();
    request->state = core_->state();
    request->layer_state = core_->layer_state(request->layer);
    request->fault = core_->fault();
    trans.set_response_status(tlm::TLM_OK_RESPONSE); // a refusal is in the state
}

void RuntimeEncryptionScheduler::act(SchedulerRequest& request, sc_core::sc_time& delay) {
    using Action = SchedulerRequest::Action;
    switch (request.action) {
    case Action::begin_boot:
        begin_boot(request.layers, delay);
        break;
    case Action::unseal:
        unseal(request, delay);
        break;
    case Action::end_boot:
        end_boot(delay);
        break;
    case Action::unlock:
        unlock(request, delay);
        break;
    case Action::await:
        await(request.layer, delay);
        break;
    case Action::lock:
        lock(request.layer, delay);
        break;
    case Action::shutdown:
        shutdown(delay);
        break;
    case Action::memory_fault:
        core_->fail(ResFault::memory);
        break;
    case Action::query:
        break;
    }
    if (core_->state() != ResState::fault || request.action == Action::query) return;
    close_all(delay); // nothing stays open in FAULT
    erase_keys(delay);
}

/// What an earlier life left goes before anything secret comes.
void RuntimeEncryptionScheduler::begin_boot(int layers, sc_core::sc_time& delay) {
    if (!core_->begin_boot(layers) || !cfg_.zeroise_at_boot) return;
    VEILRAM_INVARIANT(zeroise({}, delay), "a register could not be zeroised");
    CellWriteRequest nothing;
    nothing.abandon = true;
    VEILRAM_INVARIANT(send(write_isock, nothing, delay) == tlm::TLM_OK_RESPONSE, "the write driver does not answer");
    erase_keys(delay);
}

void RuntimeEncryptionScheduler::erase_keys(sc_core::sc_time& delay) {
    KeySlotRequest erase{KeySlotRequest::Action::erase_all, 0, {}};
    VEILRAM_INVARIANT(send(key_isock, erase, delay) == tlm::TLM_OK_RESPONSE, "the key SRAM could not be erased");
}

void RuntimeEncryptionScheduler::unseal(SchedulerRequest& request, sc_core::sc_time& delay) {
    if (core_->state() != ResState::boot) return core_->fail(ResFault::illegal_command);
    UnsealRequest unseal;
    unseal.header = request.header;
    unseal.header.layer = static_cast<std::uint32_t>(request.layer);
    unseal.address = request.address;
    unseal.size = request.size;
    unseal.last = request.layer + 1 == request.layers;
    const auto status = send(crypto_isock, unseal, delay);
    if (status != tlm::TLM_OK_RESPONSE || unseal.verdict != UnsealRequest::Verdict::opened)
        return core_->fail(fault_of(unseal.verdict));
    start_pins(delay); // the blob is open now
    if (core_->blob_opened(request.layer)) places_[request.layer] = {request.first_crossbar, false};
}

/// Layers that an earlier life left in clear are written back before anything else.
void RuntimeEncryptionScheduler::end_boot(sc_core::sc_time& delay) {
    if (core_->state() != ResState::boot) return core_->fail(ResFault::illegal_command);
    bool recovers = false;
    for (const auto& [layer, place] : places_) {
        if (!in_journal(layer, delay)) continue;
        if (!write_rest(layer, false, delay)) return core_->fail(ResFault::illegal_command);
        ++recoveries_;
        recovers = true;
    }
    if (recovers)
        settle_at(kChip, delay);
    else
        core_->end_boot();
}

void RuntimeEncryptionScheduler::unlock(const SchedulerRequest& request, sc_core::sc_time& delay) {
    if (!core_->begin_unlock(request.layer)) return;
    exposure_.open(request.layer, request.weights, to_ps(sc_core::sc_time_stamp()));
    std::optional<Bytes> secret = read_secret(request.layer, delay);
    if (!secret) return core_->fail(ResFault::illegal_command);
    const WipedAtEnd wiped(*secret);
    const bool accepted = load(request.layer, *secret, delay) && write_clear(request.layer, *secret, delay);
    if (!accepted) return core_->fail(ResFault::illegal_command);
    ++unlocks_;
    settle_at(request.layer, delay);
}

void RuntimeEncryptionScheduler::await(int layer, sc_core::sc_time& delay) const {
    const auto arrival = arrivals_.find(layer);
    if (arrival == arrivals_.end()) return;
    delay = std::max(delay, arrival->second - sc_core::sc_time_stamp());
}

std::optional<Bytes> RuntimeEncryptionScheduler::read_secret(int layer, sc_core::sc_time& delay) {
    KeySlotRequest slot{KeySlotRequest::Action::read, static_cast<std::uint32_t>(layer), {}};
    if (send(key_isock, slot, delay) != tlm::TLM_OK_RESPONSE) return std::nullopt;
    return std::move(slot.bytes);
}

CellWrite RuntimeEncryptionScheduler::journal_cell(int layer, bool value) const {
    const auto number = static_cast<std::uint32_t>(layer);
    return {cfg_.journal_row + number / cfg_.journal_bits, number % cfg_.journal_bits,
            value ? std::uint8_t{1} : std::uint8_t{0}};
}

/// The journal first: whatever happens from then on, the next boot knows of it.
bool RuntimeEncryptionScheduler::write_clear(int layer, const Bytes& secret, sc_core::sc_time& delay) {
    std::vector<SecretCell> secrets = cells_of(layer, secret);
    if (secrets.empty()) return true;
    places_.at(layer).written = true;
    Cells cells;
    cells.reserve(secrets.size() + 1);
    cells.push_back(journal_cell(layer, true));
    for (SecretCell& cell : secrets) cells.push_back({cell.row, cell.column, std::exchange(cell, {}).clear});
    return write_cells(std::move(cells), false, delay);
}

/// The journal last.
bool RuntimeEncryptionScheduler::write_rest(int layer, bool abandon, sc_core::sc_time& delay) {
    std::optional<Bytes> secret = read_secret(layer, delay);
    if (!secret) return false;
    const WipedAtEnd wiped(*secret);
    std::vector<SecretCell> secrets = cells_of(layer, *secret);
    Cells cells;
    cells.reserve(secrets.size() + 1);
    for (SecretCell& cell : secrets) cells.push_back({cell.row, cell.column, std::exchange(cell, {}).at_rest});
    cells.push_back(journal_cell(layer, false));
    return write_cells(std::move(cells), abandon, delay);
}

bool RuntimeEncryptionScheduler::write_cells(Cells cells, bool abandon, sc_core::sc_time& delay) {
    CellWriteRequest write{std::move(cells), abandon, {}};
    const bool written = send(write_isock, write, delay) == tlm::TLM_OK_RESPONSE;
    std::fill(write.cells.begin(), write.cells.end(), CellWrite{}); // which cells change is secret
    return written;
}

bool RuntimeEncryptionScheduler::in_journal(int layer, sc_core::sc_time& delay) {
    const CellWrite bit = journal_cell(layer, true);
    RowReadRequest row;
    row.row = bit.row;
    return send(row_isock, row, delay) == tlm::TLM_OK_RESPONSE && get_bit(row.bits.data(), bit.column);
}

void RuntimeEncryptionScheduler::lock(int layer, sc_core::sc_time& delay) {
    if (!core_->begin_lock(layer)) return;
    VEILRAM_INVARIANT(zeroise(layer, delay), "a register could not be zeroised");
    if (places_[layer].written) VEILRAM_INVARIANT(write_rest(layer, false, delay), "cells could not be written back");
    ++locks_;
    settle_at(layer, delay);
}

void RuntimeEncryptionScheduler::shutdown(sc_core::sc_time& delay) {
    if (!core_->begin_shutdown()) return;
    close_all(delay);
    erase_keys(delay);
    settle_at(kChip, delay);
}

/// Zeroises every register and writes back whatever cells are in clear or on their way. The delay ends with the last
/// pulse; returns the energy of those that are still to come.
Fj RuntimeEncryptionScheduler::close_all(sc_core::sc_time& delay) {
    VEILRAM_INVARIANT(zeroise({}, delay), "a register could not be zeroised");
    bool first = true; // pulses of the layers before must not be abandoned
    for (auto& [layer, place] : places_)
        if (std::exchange(place.written, false)) write_rest(layer, std::exchange(first, false), delay);
    CellWriteRequest pending;                                        // also of a step that was under way
    VEILRAM_INVARIANT(send(write_isock, pending, delay) == tlm::TLM_OK_RESPONSE, "the write driver does not answer");
    arrivals_.clear();
    exposed_until_ = sc_core::sc_time_stamp() + delay;
    settle_ev_.notify(delay);
    return pending.energy;
}

void RuntimeEncryptionScheduler::emergency_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    auto* request = request_of<EmergencyRequest>(trans);
    if (request == nullptr || !rail_i.read()) {
        trans.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        return;
    }
    settle();
    request->energy = close_all(delay);
    erase_keys(delay); // the queue of pulses has what it needs
    core_->begin_emergency();
    publish();
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

void RuntimeEncryptionScheduler::settle_at(int layer, const sc_core::sc_time& delay) {
    arrivals_[layer] = sc_core::sc_time_stamp() + delay;
    settle_ev_.notify(delay);
}

/// Whatever has arrived by now is there.
void RuntimeEncryptionScheduler::settle() {
    start_pins();
    const auto now = sc_core::sc_time_stamp();
    if (exposed_until_ && now >= *exposed_until_) exposure_.close_all(to_ps(*std::exchange(exposed_until_, {})));
    for (auto arrival = arrivals_.begin(); arrival != arrivals_.end();) {
        if (now < arrival->second) {
            settle_ev_.notify(arrival->second - now);
            ++arrival;
            continue;
        }
        arrive(arrival->first, arrival->second);
        arrival = arrivals_.erase(arrival);
    }
    publish();
}

void RuntimeEncryptionScheduler::arrive(int layer, const sc_core::sc_time& at) {
    if (core_->state() == ResState::boot) {
        core_->end_boot();
    } else if (core_->state() == ResState::shutdown) {
        core_->end_shutdown();
        places_.clear();
    } else if (core_->layer_state(layer) == LayerState::unlocking) {
        if (places_[layer].written) finish_pulses();
        core_->end_unlock(layer);
    } else if (core_->layer_state(layer) == LayerState::locking) {
        core_->end_lock(layer);
        places_[layer].written = false;
        exposure_.close(layer, to_ps(at));
    }
}

/// The last pulse ends now: whoever reads the cells at this very moment finds it done.
void RuntimeEncryptionScheduler::finish_pulses() {
    CellWriteRequest nothing;
    auto delay = sc_core::SC_ZERO_TIME;
    VEILRAM_INVARIANT(send(write_isock, nothing, delay) == tlm::TLM_OK_RESPONSE, "the write driver does not answer");
}

void RuntimeEncryptionScheduler::rail_method() {
    const auto now = sc_core::sc_time_stamp();
    exposure_.close_all(to_ps(std::min(now, exposed_until_.value_or(now))));
    exposed_until_.reset();
    arrivals_.clear();
    settle_ev_.cancel();
    places_.clear();
    start_pins();
    core_->power_off();
    publish();
}

void RuntimeEncryptionScheduler::start_pins(const sc_core::sc_time& delay) {
    if (pins_ != nullptr) pins_->begin(to_ps(sc_core::sc_time_stamp() + delay));
}

void RuntimeEncryptionScheduler::publish() {
    check_twin(*this, core_->mismatch());
    state_q_ = static_cast<unsigned>(core_->state());
    layer_q_ = core_->layer();
    open_q_ = static_cast<unsigned>(core_->open().size());
}

void RuntimeEncryptionScheduler::collect(StatGroup& out) const {
    out.count("unlocks", unlocks_, "layers unlocked");
    out.count("locks", locks_, "layers locked");
    out.count("recoveries", recoveries_, "layers whose cells an earlier life had left in clear, written back at boot");
    if (pins_ != nullptr) out.count("pin_clocks", core_->clocks(), "edges that the state machine's pins saw");
    const auto spent = [&](const char* name, SchedulerRequest::Action action, const char* what) {
        const auto found = spent_.find(action);
        out.time(name, found == spent_.end() ? Ps{} : found->second, what);
    };
    spent("unseal_time", SchedulerRequest::Action::unseal, "opening blobs, steps one after another");
    spent("unlock_time", SchedulerRequest::Action::unlock, "unlocking layers, likewise");
    spent("lock_time", SchedulerRequest::Action::lock, "locking layers, likewise");
    spent("shutdown_time", SchedulerRequest::Action::shutdown, "orderly power-offs");
    out.time("clear_time", exposure_.time(), "time in which some layer was in clear");
    out.count("exposure", std::llround(exposure_.weight_seconds() * 1e6), "weights in clear times microseconds");
}

void RuntimeEncryptionScheduler::add_traces(TraceFile& file) const {
    file.add_enum(*this, state_q_, "state", res_state_names());
    file.add(*this, layer_q_, "layer");
    file.add(*this, open_q_, "open");
}

} // namespace veilram
