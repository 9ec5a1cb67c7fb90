#include "hw/res/scheduler_client.hpp"

namespace veilram {

using Action = SchedulerRequest::Action;

/// Takes its time; afterwards `request` says how things are then.
bool SchedulerClient::ask(SchedulerRequest& request) {
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    if (!ask_(request, delay)) return false;
    spend_(delay);
    SchedulerRequest query;
    query.layer = request.layer;
    delay = sc_core::SC_ZERO_TIME;
    if (!ask_(query, delay)) return false;
    request.state = query.state;
    request.layer_state = query.layer_state;
    return query.state != ResState::fault;
}

bool SchedulerClient::ask(SchedulerRequest& request, ResState expected) {
    return ask(request) && request.state == expected;
}

bool SchedulerClient::boot(const SealHeader& header, const std::vector<BlobPlace>& blobs) {
    blobs_ = blobs;
    if (!unseal_all(header)) return false;
    if (policy_ != ResPolicy::resident) return true;
    for (std::size_t layer = 0; layer < blobs_.size(); ++layer)
        if (!start_unlock(layer) || !await_unlock(layer)) return false;
    return true;
}

void SchedulerClient::fail() {
    SchedulerRequest query;
    if (!ask(query)) return; // it has said why
    query.action = Action::memory_fault;
    ask(query);
}

bool SchedulerClient::unseal_all(const SealHeader& header) {
    SchedulerRequest request;
    request.action = Action::begin_boot;
    request.layers = static_cast<int>(blobs_.size());
    if (!ask(request, ResState::boot)) return false;
    request.action = Action::unseal;
    request.header = header;
    for (request.layer = 0; request.layer < request.layers; ++request.layer) {
        const BlobPlace& blob = blobs_[static_cast<std::size_t>(request.layer)];
        request.address = blob.address;
        request.size = blob.size;
        request.first_crossbar = blob.first_crossbar;
        if (!ask(request, ResState::boot)) return false;
    }
    request.action = Action::end_boot;
    return ask(request, ResState::locked);
}

/// Does not wait for it.
bool SchedulerClient::start_unlock(std::size_t layer) {
    SchedulerRequest unlock;
    unlock.action = Action::unlock;
    unlock.layer = static_cast<int>(layer);
    unlock.weights = blobs_.at(layer).weights;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    if (ask_(unlock, delay) && unlock.state != ResState::fault) return true;
    spend_(delay); // a refusal closes everything
    return false;
}

bool SchedulerClient::await_unlock(std::size_t layer) {
    SchedulerRequest await;
    await.action = Action::await;
    await.layer = static_cast<int>(layer);
    return ask(await) && await.layer_state == LayerState::clear;
}

bool SchedulerClient::lock(std::size_t layer) {
    SchedulerRequest lock;
    lock.action = Action::lock;
    lock.layer = static_cast<int>(layer);
    return ask(lock) && lock.layer_state == LayerState::locked; // the next one may be on its way, or in clear
}

bool SchedulerClient::begin_inference() { return policy_ != ResPolicy::prefetch || start_unlock(0); }

bool SchedulerClient::open(std::size_t layer) {
    if (policy_ == ResPolicy::per_layer && !start_unlock(layer)) return false;
    if (!await_unlock(layer)) return false;
    return policy_ != ResPolicy::prefetch || layer + 1 == blobs_.size() || start_unlock(layer + 1);
}

bool SchedulerClient::close(std::size_t layer) { return policy_ == ResPolicy::resident || lock(layer); }

void SchedulerClient::close_all() {
    if (policy_ == ResPolicy::resident) return;
    for (std::size_t layer = 0; layer < blobs_.size(); ++layer) {
        SchedulerRequest query;
        query.layer = static_cast<int>(layer);
        if (!ask(query)) return;
        if (query.layer_state == LayerState::locked || !await_unlock(layer)) continue;
        lock(layer);
    }
}

bool SchedulerClient::shutdown() {
    SchedulerRequest shutdown;
    shutdown.action = Action::shutdown;
    return ask(shutdown, ResState::off);
}

} // namespace veilram
