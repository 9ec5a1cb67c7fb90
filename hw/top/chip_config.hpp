// Everything that makes one chip: its size, its fuses, its costs.
#pragma once

#include "hw/res/res_core.hpp"
#include "models/base/units.hpp"
#include "models/device/device_model.hpp"
#include "models/protect/secrets.hpp"
#include "models/sc/crossbar_read.hpp"
#include "models/sc/geometry.hpp"

#include <cstdint>

namespace veilram {

/// Time and energy of every event, with one source each in configs/costs/*.yaml.
struct ChipCosts {
    Cost array_read;       ///< one read of the selected half array of a crossbar
    Cost adc_conversion;   ///< one count
    Cost cell_write;       ///< one cell, one program-verify cycle
    Cost sign_row_read;    ///< one row of the sign crossbar
    Cost inject;           ///< one clock of the sign-bit converter's injector
    Cost start_table_load; ///< table of start positions into the converter, or its erasure
    Cost lfsr_bit;         ///< one clock of LFSR and comparator
    Cost gsl_vector_load;  ///< one vector into its register
    Cost gsl_zeroise;      ///< all vector registers at once
    Cost gsl_line_switch;  ///< GSL lines of one crossbar to another slot
    Cost accumulate;       ///< time: one position; energy: one addition
    Cost digital_element;  ///< one element quantised, scaled, activated or pooled
    Cost mask_row;         ///< keystream of one sign row
    Cost aes_block;        ///< 16 bytes of AES-256-GCM
    Cost sha_block;        ///< 64 bytes of SHA-256
    Cost key_sram_word;    ///< 8 bytes of the key SRAM
    Cost dram_access;      ///< latency of one access
    Cost dram_burst;       ///< transfer of one 64-byte burst
    Cost host_access;      ///< one register access
    Cost power_ramp;       ///< from power_good to a stable rail
    int adcs_per_crossbar = 1;
    int inject_cycles = 2;
};

struct ChipConfig {
    ArrayGeometry array;
    AdcConfig adc;
    std::uint32_t crossbars = 1;
    int n = 8;                ///< GSL vector registers per crossbar
    std::uint32_t layers = 1; ///< slots of the key SRAM
    std::uint32_t key_slot_bytes = 4096;
    std::uint64_t image_base = 0; ///< where in memory the image starts
    ResPolicy policy = ResPolicy::per_layer;
    Fj hold_up; ///< stored for locking after power_good has fallen
    Key256 root_key{};                 ///< fused at manufacture
    std::uint32_t minimum_version = 1; ///< state of the monotonic counter
    DeviceConfig device;               ///< how far the cells are from ideal
    ChipCosts costs;
};

} // namespace veilram
