// The `costs:` section: one entry per event of the chip, each with its source.
#pragma once

#include "hw/top/chip_config.hpp"
#include "models/config/cost_entry.hpp"

#include <array>

namespace veilram {

struct CostField {
    const char* key;
    Cost ChipCosts::*cost;
    const char* help;
};
/// Every event with a cost, in the order of a table.
const std::array<CostField, 21>& cost_fields();

struct CostTable {
    int adcs_per_crossbar = ChipCosts{}.adcs_per_crossbar;
    int inject_cycles = ChipCosts{}.inject_cycles;
    std::array<CostEntry, 21> entries; ///< in the order of cost_fields()
};
void fields(FieldVisitor& v, CostTable& table);

/// Fills in the table, without the sources.
void set_costs(ChipCosts& chip, const CostTable& table);

} // namespace veilram
