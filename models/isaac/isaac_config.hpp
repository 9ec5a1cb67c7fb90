// The unprotected baseline: sizes and components of ISAAC (Shafiee et al., ISCA 2016; docs/isaac.md).
#pragma once

#include "models/base/units.hpp"

#include <cstdint>

namespace veilram {

/// Group totals, as ISAAC's Table I gives them: of one IMA, of one tile, of the chip.
struct IsaacComponents {
    // of an in-situ multiply-accumulate unit (IMA)
    Component adc;         ///< one converter for each array
    Component dac;         ///< 1-bit word-line drivers
    Component sample_hold; ///< of every bit line
    Component array;       ///< memristors
    Component shift_add;
    Component input_register;
    Component output_register;
    // of a tile
    Component edram;
    Component bus;    ///< eDRAM to IMAs
    Component router; ///< shared by `tiles_per_router` tiles
    Component sigmoid;
    Component tile_shift_add;
    Component max_pool;
    Component tile_output_register;
    // of the chip
    Component link; ///< HyperTransport
};

struct IsaacConfig {
    int bits = 16;     ///< of weights and inputs: 16 as published, or 8
    int rows = 128;    ///< word lines = inputs of an array
    int columns = 128; ///< bit lines; a unit column for the sum of the inputs comes on top
    int cell_bits = 2;
    int adc_bits = 8;
    int arrays_per_ima = 8;
    int imas_per_tile = 12;
    int tiles = 168;
    int tiles_per_router = 4;
    Ps cycle{100'000}; ///< array read, and conversion of all its columns
    /// Cycles of an operation besides those that read the array: fetch, convert, shift and add (2), sigmoid, store.
    int other_stages = 6;
    /// Charges rows and columns that no weight uses, too: components that are never off.
    bool whole_arrays = false;
    IsaacComponents components;

    int cells_per_weight() const { return (bits + cell_bits - 1) / cell_bits; }
    int weights_per_row() const { return columns / cells_per_weight(); }
    /// Cycles from the fetch of the inputs to the store of the outputs: 22 at 16 bits.
    int pipeline_stages() const { return bits + other_stages; }
    int arrays() const { return arrays_per_ima * imas_per_tile * tiles; }
};

/// Sums over the hierarchy.
Component ima_total(const IsaacConfig& config);
Component tile_total(const IsaacConfig& config);
Component chip_total(const IsaacConfig& config);

/// Energy of one array, with its share of everything around it in the tile, in one cycle in which it works.
Fj array_cycle_energy(const IsaacConfig& config);
/// Most multiplications and additions, two operations each, per second.
double peak_operations(const IsaacConfig& config);

} // namespace veilram
