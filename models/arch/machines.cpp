#include "models/arch/machines.hpp"

#include <algorithm>

namespace veilram {
namespace {

std::int64_t blocks(std::int64_t count, std::int64_t size) { return (count + size - 1) / size; }

Cost conversion(const ScMachine& machine) {
    const ChipCosts& costs = machine.costs;
    if (machine.converter == ConverterKind::lfsr)
        return {costs.lfsr_bit.time * machine.array.cols, costs.lfsr_bit.energy * machine.array.cols};
    return {costs.sign_row_read.time + costs.inject.time * costs.inject_cycles,
            costs.sign_row_read.energy + costs.inject.energy * costs.inject_cycles};
}

} // namespace

std::vector<Stage> stages_of(const ScMachine& machine, int pairs) {
    const ChipCosts& costs = machine.costs;
    return {{"convert", conversion(machine).time},
            {"array", costs.array_read.time + costs.word_line.time},
            {"adc", costs.adc_conversion.time * blocks(pairs, costs.adcs_per_crossbar)},
            {"accumulate", costs.accumulate.time}};
}

namespace {

/// Slots that are read one after another.
struct Steps {
    std::int64_t all = 0;  ///< by every crossbar
    std::int64_t rest = 0; ///< by crossbars that do not hold a last block of inputs
};

Steps steps_of(const LayerWork& work, std::int64_t slots) {
    const std::int64_t last = work.inputs % slots;
    if (work.inputs <= slots || last == 0) return {std::min<std::int64_t>(work.inputs, slots), 0};
    return {last, slots - last};
}

/// The stages of all crossbars of a layer, which take turns where they share a unit.
std::vector<Stage> stages_of(const ScMachine& machine, const LayerWork& work, const LayerCrossbars& crossbars,
                             const Steps& steps) {
    const Sharing& sharing = machine.sharing;
    const SharedUnits converters = shared_units(crossbars, sharing.converter, sharing.broadcast, sharing.tile),
                      adcs = shared_units(crossbars, sharing.adcs, false, sharing.tile);
    const std::int64_t reads = work.groups * work.inputs * crossbars.output_blocks * work.positions,
                       conversions =
                           conversions_of(work, crossbars, 2 * std::int64_t{machine.n}, sharing) * work.positions;
    std::vector<Stage> stages = stages_of(machine, std::min(work.outputs, machine.array.row_pairs()));
    const auto share = [&](std::size_t stage, const SharedUnits& units, std::int64_t turns) {
        Stage& one = stages[stage];
        one.work = one.time * turns;
        one.busy = one.time * (units.most * steps.all + units.rest * steps.rest) * work.positions;
        one.time = one.time * units.most;
        one.units = units.units;
    };
    share(0, converters, conversions);
    share(1, {crossbars.count(), 1, 1}, reads);
    share(2, adcs, reads);
    share(3, adcs, reads);
    return stages;
}

/// The same where last blocks have no input.
std::vector<Stage> rest_of(const ScMachine& machine, int pairs, const LayerCrossbars& crossbars) {
    const Sharing& sharing = machine.sharing;
    std::vector<Stage> stages = stages_of(machine, pairs);
    const auto adcs = shared_units(crossbars, sharing.adcs, false, sharing.tile).rest;
    stages[0].time = stages[0].time * shared_units(crossbars, sharing.converter, sharing.broadcast, sharing.tile).rest;
    stages[2].time = stages[2].time * adcs;
    stages[3].time = stages[3].time * adcs;
    return stages;
}

} // namespace

/// Positions stream through one slot of every crossbar side by side, then through the next slot.
LayerEstimate estimate(const LayerWork& work, const ScMachine& machine) {
    const ChipCosts& costs = machine.costs;
    const int pairs = machine.array.row_pairs();
    const std::int64_t slots = 2 * std::int64_t{machine.n};
    const LayerCrossbars crossbars{work.groups, blocks(work.inputs, slots), blocks(work.outputs, pairs)};
    LayerEstimate layer;
    layer.work = work;
    layer.arrays = crossbars.count();
    if (machine.sharing.tile > 0) layer.tiles = blocks(layer.arrays, machine.sharing.tile);
    const Steps steps = steps_of(work, slots);
    layer.stages = stages_of(machine, work, crossbars, steps);
    layer.items = (steps.all + steps.rest) * work.positions;
    const auto time = [&](const std::vector<Stage>& stages) {
        return costs.gsl_line_switch.time + pipeline_time(stages, work.positions);
    };
    layer.time = time(layer.stages) * steps.all;
    if (steps.rest > 0) layer.time += time(rest_of(machine, std::min(work.outputs, pairs), crossbars)) * steps.rest;
    const std::int64_t bursts = work.groups * work.inputs * crossbars.output_blocks, reads = bursts * work.positions,
                       conversions = conversions_of(work, crossbars, slots, machine.sharing) * work.positions;
    layer.energy = {{"sign rows and conversion", conversion(machine).energy * conversions},
                    {"vectors", costs.gsl_line_switch.energy * bursts},
                    {"word lines", costs.word_line.energy * (reads * machine.array.cols)},
                    {"array", costs.array_read.energy * reads},
                    {"adc", costs.adc_conversion.energy * work.products()},
                    {"accumulate", costs.accumulate.energy * work.products()},
                    {"buffers and network", energy_of(machine.surroundings, layer.time) * layer.arrays}};
    return layer;
}

/// Weights stay; the bits of a position's inputs come one after another.
LayerEstimate estimate(const LayerWork& work, const IsaacConfig& machine) {
    LayerEstimate layer;
    layer.work = work;
    layer.arrays = work.groups * blocks(work.inputs, machine.rows) * blocks(work.outputs, machine.weights_per_row());
    layer.stages = {{"fetch and convert bits", machine.cycle * machine.bits}};
    layer.items = work.positions;
    layer.time = machine.cycle * machine.bits * work.positions + machine.cycle * machine.other_stages;
    layer.stages[0].units = layer.arrays;
    layer.stages[0].work = layer.stages[0].time * (work.positions * layer.arrays);
    layer.stages[0].busy = layer.stages[0].time * work.positions;
    const Ps cycles = machine.cycle * (machine.bits * work.positions);
    const auto of_arrays = [&](const Component& component, double used) {
        const double one = joules(energy_of(component.power, cycles)) / machine.arrays_per_ima;
        return Fj{static_cast<std::int64_t>(one * used * static_cast<double>(layer.arrays) * 1e15)};
    };
    const auto used = [&](std::int64_t count, std::int64_t size) {
        return machine.whole_arrays ? 1.0
                                    : static_cast<double>(count) / static_cast<double>(blocks(count, size) * size);
    };
    const double rows = used(work.inputs, machine.rows), columns = used(work.outputs, machine.weights_per_row());
    const IsaacComponents& c = machine.components;
    layer.energy = {{"word lines", of_arrays(c.dac, rows)},
                    {"array", of_arrays(c.array, rows * columns)},
                    {"sample and hold", of_arrays(c.sample_hold, columns)},
                    {"adc", of_arrays(c.adc, columns)},
                    {"shift and add", of_arrays(c.shift_add, columns)},
                    {"buffers and network", energy_of(surroundings(machine), layer.time) * layer.arrays}};
    return layer;
}

Nw surroundings(const IsaacConfig& config) {
    const IsaacComponents& c = config.components;
    const Nw arrays =
        (c.adc.power + c.dac.power + c.sample_hold.power + c.array.power + c.shift_add.power) * config.imas_per_tile;
    return Nw{(tile_total(config).power - arrays).value / (config.arrays_per_ima * config.imas_per_tile)};
}

} // namespace veilram
