// The accelerator: owns its blocks and binds them.
#pragma once

#include "hw/converter/lfsr_converter.hpp"
#include "hw/converter/sign_bit_converter.hpp"
#include "hw/crossbar/crossbar.hpp"
#include "hw/crossbar/sign_crossbar.hpp"
#include "hw/crypto/crypto_engine.hpp"
#include "hw/crypto/key_store.hpp"
#include "hw/digital/digital_unit.hpp"
#include "hw/dram/dram_interface.hpp"
#include "hw/gsl/gsl_selector.hpp"
#include "hw/power/power_manager.hpp"
#include "hw/res/gsl_scheduler.hpp"
#include "hw/tile/tile_controller.hpp"
#include "hw/top/chip_config.hpp"
#include "hw/top/host_interface.hpp"

#include <systemc>

namespace veilram {

/// Drops into any TLM-2.0 platform: a base-protocol target (registers), a base-protocol initiator (memory), an
/// interrupt, clock, reset and a power pin. Loosely timed blocks do not look at the clock: it may stand still.
class VeilRam final : public sc_core::sc_module {
public:
    tlm::tlm_target_socket<> host_tsock{"host_tsock"}; ///< address map: registers.hpp
    tlm::tlm_initiator_socket<> memory_isock{"memory_isock"};
    sc_core::sc_in<bool> clk_i{"clk_i"};
    /// Active low, asynchronous: empties every volatile memory, secrets included.
    sc_core::sc_in<bool> rst_ni{"rst_ni"};
    sc_core::sc_in<bool> power_good_i{"power_good_i"};
    sc_core::sc_out<bool> irq_o{"irq_o"};

    VeilRam(const sc_core::sc_module_name& name, const ChipConfig& cfg);
    ~VeilRam() override;

    /// Whether some block is RTL.
    bool has_rtl() const { return has_rtl_; }
    /// Records all RTL from now on, until null.
    void record(TwinWave* wave);
    /// What volatile memories still hold after the rail has fallen: a figure of the model, no way into the chip.
    RemanentBits remanent() const { return power_.remanent(); }

private:
    void bind_power();
    void bind_data();
    void bind_secrets();

    sc_core::sc_signal<bool> rail_{"rail"};
    sc_core::sc_signal<unsigned> done_{"done"};
    const bool has_rtl_;
    PinClock pins_; ///< of blocks that are made of pins

    PowerManager power_;
    HostInterface host_;
    TileController tile_;
    GslScheduler res_;
    CryptoEngine crypto_;
    KeyStore keys_;
    DramInterface dram_;
    GslSelector gsl_;
    SignBitConverter sign_bit_;
    LfsrConverter lfsr_;
    DigitalUnit digital_;
    SignCrossbar signs_;
    sc_core::sc_vector<Crossbar> crossbars_;
};

} // namespace veilram
