// What whoever runs a network asks of the runtime encryption scheduler, in which order, under each policy.
#pragma once

#include "hw/res/runtime_encryption_scheduler.hpp"

#include <functional>
#include <vector>

namespace veilram {

/// A layer's sealed blob in memory.
struct BlobPlace {
    std::uint64_t address = 0;
    std::uint32_t size = 0;
    std::uint32_t first_crossbar = 0; ///< of the layer
    std::int64_t weights = 0;         ///< in the layer, for figures of exposure
};

/// Every function returns false when the scheduler refuses, or stops for good; then nothing stays open.
class SchedulerClient {
public:
    /// Passes a request on; false when the link refuses it.
    using Ask = std::function<bool(SchedulerRequest&, sc_core::sc_time&)>;
    /// Lets time pass, in the initiator's own process.
    using Spend = std::function<void(const sc_core::sc_time&)>;
    SchedulerClient(ResPolicy policy, Ask ask, Spend spend)
        : policy_(policy), ask_(std::move(ask)), spend_(std::move(spend)) {}

    /// Opens every blob; with the policy `resident` unlocks every layer, too. `header` without layer.
    bool boot(const SealHeader& header, const std::vector<BlobPlace>& blobs);
    /// The boot failed, perhaps before the scheduler knew of it.
    void fail();
    /// Before the first layer.
    bool begin_inference();
    /// Until the layer is in clear; the next one may be on its way then.
    bool open(std::size_t layer);
    bool close(std::size_t layer);
    /// Closes what an inference that was not completed has left.
    void close_all();
    bool shutdown();

private:
    bool ask(SchedulerRequest& request);
    bool ask(SchedulerRequest& request, ResState expected);
    bool unseal_all(const SealHeader& header);
    bool start_unlock(std::size_t layer);
    bool await_unlock(std::size_t layer);
    bool lock(std::size_t layer);

    const ResPolicy policy_;
    const Ask ask_;
    const Spend spend_;
    std::vector<BlobPlace> blobs_; ///< of the image that was booted
};

} // namespace veilram
