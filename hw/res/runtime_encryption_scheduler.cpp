#include "hw/res/runtime_encryption_scheduler.hpp"

#include "hw/sim/report.hpp"
#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>

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

} // namespace

RuntimeEncryptionScheduler::RuntimeEncryptionScheduler(const sc_core::sc_module_name& name, const SchedulerConfig& cfg)
    : sc_module(name), cfg_(cfg) {
    tsock.register_b_transport(this, &RuntimeEncryptionScheduler::b_transport);
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
    act(*request, delay);
    publish();
    request->state = core_.state();
    request->fault = core_.fault();
    trans.set_response_status(tlm::TLM_OK_RESPONSE); // a refusal is in the state
}

void RuntimeEncryptionScheduler::act(SchedulerRequest& request, sc_core::sc_time& delay) {
    using Action = SchedulerRequest::Action;
    switch (request.action) {
    case Action::begin_boot:
        core_.begin_boot(request.layers);
        break;
    case Action::unseal:
        unseal(request, delay);
        break;
    case Action::end_boot:
        core_.end_boot();
        break;
    case Action::unlock:
        unlock(request, delay);
        break;
    case Action::lock:
        lock(request, delay);
        break;
    case Action::shutdown:
        shutdown(delay);
        break;
    case Action::memory_fault:
        core_.fail(ResFault::memory);
        break;
    case Action::query:
        break;
    }
    if (core_.state() != ResState::fault || request.action == Action::query) return;
    zeroise(delay); // nothing stays open in FAULT
    end_exposure(sc_core::sc_time_stamp() + delay);
    KeySlotRequest erase{KeySlotRequest::Action::erase_all, 0, {}};
    send(key_isock, erase, delay);
}

void RuntimeEncryptionScheduler::unseal(SchedulerRequest& request, sc_core::sc_time& delay) {
    if (core_.state() != ResState::boot) return core_.fail(ResFault::illegal_command);
    UnsealRequest unseal;
    unseal.header = request.header;
    unseal.header.layer = static_cast<std::uint32_t>(request.layer);
    unseal.address = request.address;
    unseal.size = request.size;
    unseal.last = request.layer + 1 == request.layers;
    const auto status = send(crypto_isock, unseal, delay);
    if (status != tlm::TLM_OK_RESPONSE || unseal.verdict != UnsealRequest::Verdict::opened)
        core_.fail(fault_of(unseal.verdict));
    else
        core_.blob_opened(request.layer);
}

void RuntimeEncryptionScheduler::unlock(const SchedulerRequest& request, sc_core::sc_time& delay) {
    if (!core_.begin_unlock(request.layer)) return;
    exposed_ = true;
    clear_since_ = sc_core::sc_time_stamp();
    KeySlotRequest slot{KeySlotRequest::Action::read, static_cast<std::uint32_t>(request.layer), {}};
    if (send(key_isock, slot, delay) != tlm::TLM_OK_RESPONSE) return core_.fail(ResFault::illegal_command);
    LayerSecrets secrets = decode_secrets(slot.bytes, cfg_.array);
    std::fill(slot.bytes.begin(), slot.bytes.end(), std::uint8_t{0});
    const bool accepted = distribute(secrets, request.first_crossbar, delay);
    wipe(secrets);
    if (!accepted) return core_.fail(ResFault::illegal_command);
    ++unlocks_;
    settle_at(delay);
}

bool RuntimeEncryptionScheduler::distribute(const LayerSecrets& secrets, std::uint32_t first_crossbar,
                                            sc_core::sc_time& delay) {
    if (!secrets.flips.empty()) return false; // sign cells are not written at run time
    GslLoad gsl{first_crossbar, &secrets.gsl};
    StartLoad start{&secrets.start};
    MaskLoad mask{&secrets.mask_key, &secrets.weight_sums};
    return send(gsl_isock, gsl, delay) == tlm::TLM_OK_RESPONSE &&
           send(start_isock, start, delay) == tlm::TLM_OK_RESPONSE &&
           send(mask_isock, mask, delay) == tlm::TLM_OK_RESPONSE;
}

bool RuntimeEncryptionScheduler::zeroise(sc_core::sc_time& delay) {
    GslLoad gsl;
    StartLoad start;
    MaskLoad mask;
    const bool gsl_ok = send(gsl_isock, gsl, delay) == tlm::TLM_OK_RESPONSE;
    const bool start_ok = send(start_isock, start, delay) == tlm::TLM_OK_RESPONSE;
    const bool mask_ok = send(mask_isock, mask, delay) == tlm::TLM_OK_RESPONSE;
    return gsl_ok && start_ok && mask_ok;
}

void RuntimeEncryptionScheduler::lock(const SchedulerRequest& request, sc_core::sc_time& delay) {
    if (!core_.begin_lock(request.layer)) return;
    VEILRAM_INVARIANT(zeroise(delay), "a register could not be zeroised");
    ++locks_;
    settle_at(delay);
}

void RuntimeEncryptionScheduler::shutdown(sc_core::sc_time& delay) {
    if (!core_.begin_shutdown()) return;
    VEILRAM_INVARIANT(zeroise(delay), "a register could not be zeroised");
    KeySlotRequest erase{KeySlotRequest::Action::erase_all, 0, {}};
    VEILRAM_INVARIANT(send(key_isock, erase, delay) == tlm::TLM_OK_RESPONSE, "the key SRAM could not be erased");
    settle_at(delay);
}

void RuntimeEncryptionScheduler::settle_at(const sc_core::sc_time& delay) {
    settling_ = true;
    settle_time_ = sc_core::sc_time_stamp() + delay;
    settle_ev_.notify(delay);
}

void RuntimeEncryptionScheduler::settle() {
    if (!settling_ || sc_core::sc_time_stamp() < settle_time_) return;
    settling_ = false;
    switch (core_.state()) {
    case ResState::unlocking:
        core_.end_unlock();
        break;
    case ResState::locking:
        core_.end_lock();
        end_exposure(sc_core::sc_time_stamp());
        break;
    case ResState::shutdown:
        core_.end_shutdown();
        end_exposure(sc_core::sc_time_stamp());
        break;
    default:
        break;
    }
    publish();
}

void RuntimeEncryptionScheduler::end_exposure(const sc_core::sc_time& end) {
    if (exposed_) clear_time_ += end - clear_since_;
    exposed_ = false;
}

void RuntimeEncryptionScheduler::rail_method() {
    end_exposure(sc_core::sc_time_stamp());
    settling_ = false;
    settle_ev_.cancel();
    core_.power_off();
    publish();
}

void RuntimeEncryptionScheduler::publish() {
    state_q_ = static_cast<unsigned>(core_.state());
    layer_q_ = core_.layer();
}

void RuntimeEncryptionScheduler::collect(StatGroup& out) const {
    out.count("unlocks", unlocks_, "layers unlocked");
    out.count("locks", locks_, "layers locked");
    out.time("clear_time", to_ps(clear_time_), "time in which some layer's secrets were in the registers");
}

void RuntimeEncryptionScheduler::add_traces(TraceFile& file) const {
    file.add_enum(*this, state_q_, "state", res_state_names());
    file.add(*this, layer_q_, "layer");
}

} // namespace veilram
