// The blocks that have a twin, by name: their pins, their models, how to drive them at random.
#pragma once

#include "hw/cycle/pins.hpp"
#include "tb/cosim/pin_driver.hpp"

#include <memory>
#include <string>
#include <vector>

namespace veilram {

struct CosimBlock {
    const PinTable* table;
    Stimulus stimulus;
    std::unique_ptr<PinModel> (*model)();                            ///< clock by clock, the reference
    std::unique_ptr<PinModel> (*twin)();                             ///< throws UserError without Verilator
    void (*write_coverage)(PinModel& twin, const std::string& path); ///< as Twin does
    const char* rtl; ///< file of its module, from the project's folder on
};

const std::vector<CosimBlock>& cosim_blocks();
/// Throws UserError, which lists the blocks, for an unknown name.
const CosimBlock& cosim_block(const std::string& name);

/// One of them, or "all" of them. Throws as cosim_block().
std::vector<const CosimBlock*> chosen_blocks(const std::string& name);

} // namespace veilram
