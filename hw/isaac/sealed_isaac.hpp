// ISAAC with its weights protected by sparse fast gradient encryption and runtime encryption scheduling.
#pragma once

#include "hw/crypto/crypto_engine.hpp"
#include "hw/crypto/key_store.hpp"
#include "hw/dram/dram_interface.hpp"
#include "hw/isaac/isaac_chip.hpp"
#include "hw/isaac/isaac_writer.hpp"
#include "hw/power/power_manager.hpp"
#include "hw/res/patch_scheduler.hpp"
#include "models/arch/chip_costs.hpp"
#include "models/isaac/isaac_placement.hpp"

#include <systemc>

namespace veilram {

struct SealedIsaacConfig {
    ResPolicy policy = ResPolicy::per_layer;
    std::uint32_t key_slot_bytes = 1024;
    Fj hold_up;      ///< stored for locking after power_good has fallen
    Ps ride_through; ///< dips of power_good that are shorter do not reach the rail
    Ps remanence;    ///< for which volatile memories keep their content without power
    Key256 root_key{};
    std::uint32_t minimum_version = 1; ///< state of the monotonic counter
    std::uint64_t seed = 1;            ///< of what pulses leave that power cuts short
    ChipCosts costs;                   ///< cell_write: a pulse; sign_row_read: a row read to verify
};

/// The baseline's crossbars, and what writes a few of their weights wrong at rest and right while their layer computes.
/// What remains for an owner: chip.layer_tsock, chip.tsock, res.tsock, crypto.hash_tsock, power.tsock, dram.tsock[0],
/// dram.memory_isock, writer.cell_tsock and the pins below.
class SealedIsaac final : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> power_good_i{"power_good_i"};
    sc_core::sc_in<bool> rst_ni{"rst_ni"};
    sc_core::sc_signal<bool> rail{"rail"};

    PowerManager power;
    IsaacChip chip;
    IsaacWriter writer;
    PatchScheduler res;
    CryptoEngine crypto;
    KeyStore keys;
    DramInterface dram;

    SealedIsaac(const sc_core::sc_module_name& name, const IsaacMap& map, const SealedIsaacConfig& cfg);
    ~SealedIsaac() override;
};

} // namespace veilram
