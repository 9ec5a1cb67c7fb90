#include "models/arch/area.hpp"

#include <algorithm>
#include <sstream>

namespace veilram {
namespace {

AreaPart part(const char* name, const Component& one, std::int64_t instances) {
    return {name, instances, {one.power * instances, one.area * instances}};
}

/// Of a group whose total is `group`, `shares` of `count`.
AreaPart share(const char* name, const Component& group, std::int64_t shares, std::int64_t count) {
    const auto of = [&](std::int64_t total) {
        return static_cast<std::int64_t>(static_cast<double>(total) * static_cast<double>(shares) /
                                         static_cast<double>(count));
    };
    return {name, shares, {Nw{of(group.power.value)}, Um2{of(group.area.value)}}};
}

} // namespace

std::vector<AreaPart> area_of(const ScMachine& machine, const ScComponents& components, std::int64_t crossbars) {
    const auto units = [&](int share) {
        return shared_units({1, 1, crossbars}, share, false, machine.sharing.tile).units;
    };
    const std::int64_t converters = units(machine.sharing.adcs) * machine.costs.adcs_per_crossbar;
    return {part("array", components.array, crossbars),
            part("adc", components.adc, converters),
            part("word lines", components.word_lines, crossbars),
            part("gsl lines", components.gsl_lines, crossbars),
            part("sample and hold", components.sample_hold, crossbars),
            part("vector registers", components.vector_register, crossbars * machine.n),
            part("sign rows", components.sign_row, crossbars * machine.n),
            part("converters to streams", components.converter, units(machine.sharing.converter)),
            part("accumulators", components.accumulator, converters),
            part("tile", components.tile, crossbars)};
}

std::vector<AreaPart> area_of(const IsaacConfig& machine, std::int64_t crossbars) {
    const IsaacComponents& c = machine.components;
    const std::int64_t of_ima = machine.arrays_per_ima, of_tile = of_ima * machine.imas_per_tile;
    Component tile = tile_total(machine);
    const Component imas = ima_total(machine);
    tile.power = tile.power - imas.power * machine.imas_per_tile;
    tile.area = tile.area - imas.area * machine.imas_per_tile;
    return {share("array", c.array, crossbars, of_ima),
            share("adc", c.adc, crossbars, of_ima),
            share("word lines", c.dac, crossbars, of_ima),
            share("sample and hold", c.sample_hold, crossbars, of_ima),
            share("shift and add", c.shift_add, crossbars, of_ima),
            share("registers",
                  {c.input_register.power + c.output_register.power, c.input_register.area + c.output_register.area},
                  crossbars, of_ima),
            share("tile", tile, crossbars, of_tile)};
}

Component total_of(const std::vector<AreaPart>& parts) {
    Component sum;
    for (const AreaPart& part : parts) {
        sum.power += part.total.power;
        sum.area += part.total.area;
    }
    return sum;
}

std::vector<std::string> implausible(const std::string& chip, const NetworkEstimate& network, const Component& total) {
    std::vector<std::string> warnings;
    for (const LayerEstimate& layer : network.layers) {
        const double share =
            static_cast<double>(layer.arrays) / static_cast<double>(std::max<std::int64_t>(network.arrays(), 1));
        const double density = joules(layer.total_energy()) / seconds(layer.time) /
                               std::max(square_millimetres(total.area) * share, 1e-12);
        if (density <= kLargestPowerDensity) continue;
        std::ostringstream text;
        text.precision(3);
        text << chip << ", layer " << layer.work.name << ": its crossbars draw " << density
             << " W/mm2 while it computes, more than " << kLargestPowerDensity
             << ": no air cools that; look at the energies of a read and of word lines, or at the read time";
        warnings.push_back(text.str());
    }
    return warnings;
}

} // namespace veilram
