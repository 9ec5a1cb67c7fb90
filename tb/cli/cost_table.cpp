#include "tb/cli/cost_table.hpp"

namespace veilram {

const std::array<CostField, 21>& cost_fields() {
    static const std::array<CostField, 21> all{{
        {"array_read", &ChipCosts::array_read, "one read of the selected half array of a crossbar"},
        {"word_line", &ChipCosts::word_line, "one word line for one read, all of them side by side"},
        {"adc_conversion", &ChipCosts::adc_conversion, "one count"},
        {"cell_write", &ChipCosts::cell_write, "one cell, one program-verify cycle"},
        {"sign_row_read", &ChipCosts::sign_row_read, "one row of the sign crossbar"},
        {"inject", &ChipCosts::inject, "one clock of the sign-bit converter's injector"},
        {"start_table_load", &ChipCosts::start_table_load,
         "table of start positions into the converter, or its erasure"},
        {"lfsr_bit", &ChipCosts::lfsr_bit, "one clock of LFSR and comparator"},
        {"gsl_vector_load", &ChipCosts::gsl_vector_load, "one vector into its register"},
        {"gsl_zeroise", &ChipCosts::gsl_zeroise, "all vector registers at once"},
        {"gsl_line_switch", &ChipCosts::gsl_line_switch, "GSL lines of one crossbar to another slot"},
        {"accumulate", &ChipCosts::accumulate, "time: one position; energy: one addition"},
        {"digital_element", &ChipCosts::digital_element, "one element quantised, scaled, activated or pooled"},
        {"mask_row", &ChipCosts::mask_row, "keystream of one sign row"},
        {"aes_block", &ChipCosts::aes_block, "16 bytes of AES-256-GCM"},
        {"sha_block", &ChipCosts::sha_block, "64 bytes of SHA-256"},
        {"key_sram_word", &ChipCosts::key_sram_word, "8 bytes of the key SRAM"},
        {"dram_access", &ChipCosts::dram_access, "latency of one access"},
        {"dram_burst", &ChipCosts::dram_burst, "transfer of one 64-byte burst"},
        {"host_access", &ChipCosts::host_access, "one register access"},
        {"power_ramp", &ChipCosts::power_ramp, "from power_good to a stable rail"},
    }};
    return all;
}

void fields(FieldVisitor& v, CostTable& table) {
    v.integer("adcs_per_crossbar", table.adcs_per_crossbar, {1, 256},
              "converters that share the row pairs of a crossbar");
    v.integer("inject_cycles", table.inject_cycles, {1, 256}, "clocks of the sign-bit converter's injector per stream");
    for (std::size_t i = 0; i < table.entries.size(); ++i)
        v.cost(cost_fields()[i].key, table.entries[i], required(cost_fields()[i].help));
}

void set_costs(ChipCosts& chip, const CostTable& table) {
    chip.adcs_per_crossbar = table.adcs_per_crossbar;
    chip.inject_cycles = table.inject_cycles;
    for (std::size_t i = 0; i < table.entries.size(); ++i) chip.*cost_fields()[i].cost = table.entries[i].cost;
}

} // namespace veilram
