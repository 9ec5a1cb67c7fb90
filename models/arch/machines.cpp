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

/// Positions stream through one slot of every crossbar side by side, then through the next slot.
LayerEstimate estimate(const LayerWork& work, const ScMachine& machine) {
    const ChipCosts& costs = machine.costs;
    const int pairs = machine.array.row_pairs();
    const std::int64_t slots = 2 * std::int64_t{machine.n}, output_blocks = blocks(work.outputs, pairs);
    LayerEstimate layer;
    layer.work = work;
    layer.arrays = work.groups * blocks(work.inputs, slots) * output_blocks;
    layer.stages = stages_of(machine, std::min(work.outputs, pairs));
    const std::int64_t steps = std::min<std::int64_t>(work.inputs, slots);
    layer.items = steps * work.positions;
    layer.time = (costs.gsl_line_switch.time + pipeline_time(layer.stages, work.positions)) * steps;
    const std::int64_t bursts = work.groups * work.inputs * output_blocks, reads = bursts * work.positions;
    layer.energy = {{"sign rows and conversion", conversion(machine).energy * reads},
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
