// A host that knows the accelerator only by its registers, its interrupt and its power pin.
#pragma once

#include "hw/top/registers.hpp"
#include "models/base/units.hpp"
#include "models/image/image.hpp"

#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace veilram {

/// STATUS and FAULT at one moment.
struct ChipStatus {
    std::uint32_t state = 0; ///< ResState
    bool busy = false;
    bool failed = false;
    bool rail = false;
    std::uint32_t fault = 0; ///< ResFault
};

/// Drives one chip. The blocking functions may be called from `body` only: it runs in the host's thread, and the
/// simulation stops when it returns.
class Host final : public sc_core::sc_module {
public:
    tlm_utils::simple_initiator_socket<Host> isock{"isock"};               ///< to the chip
    tlm_utils::simple_initiator_socket<Host> memory_isock{"memory_isock"}; ///< to the memory
    sc_core::sc_in<bool> irq_i{"irq_i"};
    sc_core::sc_out<bool> rst_no{"rst_no"};
    sc_core::sc_out<bool> power_good_o{"power_good_o"};

    std::function<void()> body;

    SC_HAS_PROCESS(Host);
    explicit Host(const sc_core::sc_module_name& name);
    ~Host() override;

    /// Raises power_good and waits until the rail is stable.
    void power_on();
    /// Starts encrypted boot and waits for the interrupt. True when the chip ended in LOCKED, or in COMPUTE where every
    /// layer stays in clear.
    bool boot();
    /// Writes one image, starts inference, waits, reads the logits. Empty when the chip refused.
    std::vector<float> infer(const std::uint8_t* pixels, std::size_t size, std::size_t images = 1);
    /// The ends of boot(), infer() and power_off(), of an action that was started by command(): wait for the interrupt.
    bool end_boot();
    std::vector<float> end_infer();
    bool end_power_off();
    /// Orderly power-off: waits for the chip to lock itself, then lowers power_good.
    bool power_off();
    /// Holds the chip in reset for a moment; it needs a new boot afterwards.
    void reset();
    /// Pulls the plug, whatever the chip is doing.
    void cut_power();
    /// The same, and waits until what the chip has stored is used up.
    void pull_plug();
    /// Takes the power away for a while, whatever that does to the rail.
    void dip_power(const sc_core::sc_time& duration);
    /// Writes images into the input window.
    bool load_input(const std::uint8_t* pixels, std::size_t size, std::size_t images = 1);
    /// Starts an action without waiting for its end.
    tlm::tlm_response_status command(std::uint32_t ctrl) { return write(reg::kCtrl, ctrl); }
    /// Waits for the interrupt and clears it; false when the power went first.
    bool wait_done();

    ChipStatus status();
    std::uint32_t read(std::uint64_t address);
    tlm::tlm_response_status write(std::uint64_t address, std::uint32_t value);
    tlm::tlm_response_status transfer(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t size);

    /// Non-volatile cells through debug transport: what the factory writes and a thief reads. Any power state, no time.
    void program(const NvmSource& nvm);
    NvmPart dump(const Program& shape);
    /// Cells of the journal, behind the sign rows.
    Bytes dump_journal(const Program& shape);
    /// Content of the external memory from address 0, likewise.
    void load_memory(const Bytes& content);
    Bytes dump_memory(std::size_t size);

private:
    void run_thread();

    bool powered_ = false;
};

} // namespace veilram
