#include "models/isaac/isaac_config.hpp"

namespace veilram {
namespace {

Component& operator+=(Component& sum, const Component& other) {
    sum.power += other.power;
    sum.area += other.area;
    return sum;
}

Component times(const Component& component, std::int64_t count) {
    return {component.power * count, component.area * count};
}

/// A share of a component that `count` others have, too.
Component share(const Component& component, std::int64_t count) {
    return {Nw{component.power.value / count}, Um2{component.area.value / count}};
}

} // namespace

Component ima_total(const IsaacConfig& config) {
    const IsaacComponents& c = config.components;
    Component sum;
    for (const Component* part :
         {&c.adc, &c.dac, &c.sample_hold, &c.array, &c.shift_add, &c.input_register, &c.output_register})
        sum += *part;
    return sum;
}

Component tile_total(const IsaacConfig& config) {
    const IsaacComponents& c = config.components;
    Component sum = times(ima_total(config), config.imas_per_tile);
    for (const Component* part :
         {&c.edram, &c.bus, &c.sigmoid, &c.tile_shift_add, &c.max_pool, &c.tile_output_register})
        sum += *part;
    sum += share(c.router, config.tiles_per_router);
    return sum;
}

Component chip_total(const IsaacConfig& config) {
    Component sum = times(tile_total(config), config.tiles);
    sum += config.components.link;
    return sum;
}

Fj array_cycle_energy(const IsaacConfig& config) {
    const Nw tile = tile_total(config).power;
    const std::int64_t arrays = std::int64_t{config.arrays_per_ima} * config.imas_per_tile;
    return energy_of(Nw{tile.value / arrays}, config.cycle);
}

double peak_operations(const IsaacConfig& config) {
    const double products = static_cast<double>(config.rows) * config.weights_per_row() * config.arrays();
    return 2.0 * products / (config.bits * seconds(config.cycle));
}

} // namespace veilram
