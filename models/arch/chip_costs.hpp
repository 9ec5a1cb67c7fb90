// What every event of the chip costs.
#pragma once

#include "models/base/units.hpp"

namespace veilram {

/// Time and energy of every event, with one source each in configs/costs/*.yaml.
struct ChipCosts {
    Cost array_read;       ///< one read of the selected half array of a crossbar
    Cost word_line;        ///< one word line for one read
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

} // namespace veilram
