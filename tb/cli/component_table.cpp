#include "tb/cli/component_table.hpp"

namespace veilram {

const std::array<ComponentField, 10>& component_fields() {
    static const std::array<ComponentField, 10> all{{
        {"array", &ScComponents::array, "cells of a crossbar"},
        {"adc", &ScComponents::adc, "one converter"},
        {"word_lines", &ScComponents::word_lines, "drivers of a crossbar"},
        {"gsl_lines", &ScComponents::gsl_lines, "drivers of a crossbar"},
        {"sample_hold", &ScComponents::sample_hold, "of a crossbar"},
        {"vector_register", &ScComponents::vector_register, "one GSL vector"},
        {"sign_row", &ScComponents::sign_row, "cells of one row"},
        {"converter", &ScComponents::converter, "binary to stream, with its table of start positions, of a crossbar"},
        {"accumulator", &ScComponents::accumulator, "one adder, for one converter"},
        {"tile", &ScComponents::tile, "registers, eDRAM, bus, router and digital units, a crossbar's share"},
    }};
    return all;
}

void fields(FieldVisitor& v, ComponentTable& table) {
    for (std::size_t i = 0; i < table.entries.size(); ++i)
        v.cost(component_fields()[i].key, table.entries[i], required(component_fields()[i].help));
}

ScComponents sc_components(const ComponentTable& table) {
    ScComponents components;
    for (std::size_t i = 0; i < table.entries.size(); ++i)
        components.*component_fields()[i].component = table.entries[i].component;
    return components;
}

} // namespace veilram
