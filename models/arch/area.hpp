// Area of chips from their instances, and whether what a chip draws is plausible.
#pragma once

#include "models/arch/machines.hpp"

#include <string>
#include <vector>

namespace veilram {

/// Area of one of each, and what it draws whether it works or not, of the protected chip.
struct ScComponents {
    Component array;           ///< cells of a crossbar
    Component adc;             ///< one converter
    Component word_lines;      ///< drivers of a crossbar
    Component gsl_lines;       ///< drivers of a crossbar
    Component sample_hold;     ///< of a crossbar's row pairs
    Component vector_register; ///< one GSL vector
    Component sign_row;        ///< cells of one row
    Component converter;       ///< binary to stream, with its table of start positions
    Component accumulator;     ///< one adder, for one converter
    Component tile;            ///< registers, eDRAM, bus, router and digital units, a crossbar's share
};

struct AreaPart {
    std::string name;
    std::int64_t instances = 0;
    Component total;
};

/// Parts of a protected chip of so many crossbars.
std::vector<AreaPart> area_of(const ScMachine& machine, const ScComponents& components, std::int64_t crossbars);
/// Parts of ISAAC with so many crossbars; `tile` is what remains of a tile besides its crossbars, in shares.
std::vector<AreaPart> area_of(const IsaacConfig& machine, std::int64_t crossbars);
Component total_of(const std::vector<AreaPart>& parts);

/// Power over area beyond which air cannot cool a chip, in W/mm2: ISAAC's tile draws 0.89.
constexpr double kLargestPowerDensity = 1.0;
/// What an architect should look at again: one sentence each, none when all is plausible.
std::vector<std::string> implausible(const std::string& chip, const NetworkEstimate& network, const Component& total);

} // namespace veilram
