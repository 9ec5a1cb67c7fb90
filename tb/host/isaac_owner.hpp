// The owner of a SealedIsaac: gives it a network on plain cells, drives its power, boots it and infers.
#pragma once

#include "hw/crypto/crypto_engine.hpp"
#include "hw/dram/memory.hpp"
#include "hw/isaac/sealed_isaac.hpp"
#include "hw/res/scheduler_client.hpp"
#include "models/image/level_image.hpp"
#include "tb/host/isaac_host.hpp"

#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <vector>

namespace veilram {

/// A SealedIsaac with its memory and whoever owns it, wired. The owner does in software what a controller would, at no
/// cost of its own; what it asks of the chip takes its time. Build one per process, then run(). Everything else but the
/// figures may be called from the body of run() only.
class IsaacOwner final : public sc_core::sc_module {
public:
    enum class Action : std::uint8_t { none, boot, infer, power_off };

    /// `image` must be encrypted. Throws UserError when the crossbars of `isaac` do not suffice.
    IsaacOwner(const sc_core::sc_module_name& name, const IsaacConfig& isaac, const SealedIsaacConfig& cfg,
               LevelImage image);
    ~IsaacOwner() override;

    /// Runs `body` in a thread of the kernel, on a chip fresh from the factory, and ends with it. What it throws is
    /// thrown here.
    void run(const std::function<void()>& body);

    /// Raises power_good and waits until the rail is stable.
    void power_on();
    /// Starts an action without waiting for its end; an inference is of the images of load_input().
    void start(Action action);
    bool busy() const { return action_ != Action::none; }
    /// Waits for the end of the action; whether it was completed.
    bool wait_done();
    bool boot();
    void load_input(Tensor images) { images_ = std::move(images); }
    /// Empty when the chip refused.
    std::vector<float> infer(Tensor images);
    bool power_off();
    /// Holds the chip in reset for a moment; it needs a new boot afterwards.
    void reset();
    /// Pulls the plug, and waits until what the chip has stored is used up.
    void pull_plug();

    const std::vector<float>& logits() const { return logits_; }
    ResState state();
    /// Digits of every row of the crossbars in use; bits of the journal. Any power state, no time.
    Bytes dump();
    Bytes dump_journal();
    const IsaacMap& map() const { return map_; }
    /// To be changed and looked at without a way through the chip: what a thief has.
    Bytes dump_memory();
    void load_memory(const Bytes& content);

    SealedIsaac& chip() { return chip_; }
    const SealedIsaac& chip() const { return chip_; }

private:
    struct PowerLoss {};
    struct Refused {}; ///< by the scheduler, whose state says why
    /// Unlocks and locks around the layers of an inference.
    class Layers;

    SC_HAS_PROCESS(IsaacOwner);
    void body_thread();
    void work_thread();
    bool act(Action action);
    bool boot_chip();
    bool run_network();
    bool lock_chip();
    bool fetch(std::uint64_t address, void* data, std::size_t size);
    void spend(const sc_core::sc_time& time);

    const LevelImage image_;
    const IsaacMap map_;
    const Bytes memory_content_;
    std::function<void()> body_;
    std::exception_ptr error_; ///< must not cross the kernel: it would lose its type

    SealedIsaac chip_;
    Memory memory_;
    IsaacHost engine_;
    SchedulerClient scheduler_;
    sc_core::sc_signal<bool> power_good_{"power_good"};
    sc_core::sc_signal<bool> rst_n_{"rst_n", true};
    RequestInitiator<IsaacOwner, SchedulerRequest> res_isock_{"res_isock"};
    RequestInitiator<IsaacOwner, HashRequest> hash_isock_{"hash_isock"};
    RequestInitiator<IsaacOwner, PowerOffRequest> power_isock_{"power_isock"};
    tlm_utils::simple_initiator_socket<IsaacOwner> fetch_isock_{"fetch_isock"};
    tlm_utils::simple_initiator_socket<IsaacOwner> memory_isock_{"memory_isock"};
    tlm_utils::simple_initiator_socket<IsaacOwner> cell_isock_{"cell_isock"};

    sc_core::sc_event start_ev_{"start_ev"}, done_ev_{"done_ev"};
    Action action_ = Action::none;
    bool completed_ = false;
    Tensor images_;
    std::vector<float> logits_;
    bool ended_ = false; ///< the body
};

} // namespace veilram
