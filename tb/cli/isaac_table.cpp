#include "tb/cli/isaac_table.hpp"

namespace veilram {

const std::array<IsaacField, 15>& isaac_fields() {
    static const std::array<IsaacField, 15> all{{
        {"adc", &IsaacComponents::adc, "of an IMA, one for each array"},
        {"dac", &IsaacComponents::dac, "of an IMA, one for each word line"},
        {"sample_hold", &IsaacComponents::sample_hold, "of an IMA, one for each bit line"},
        {"array", &IsaacComponents::array, "of an IMA"},
        {"shift_add", &IsaacComponents::shift_add, "of an IMA"},
        {"input_register", &IsaacComponents::input_register, "of an IMA"},
        {"output_register", &IsaacComponents::output_register, "of an IMA"},
        {"edram", &IsaacComponents::edram, "of a tile"},
        {"bus", &IsaacComponents::bus, "of a tile, from eDRAM to IMAs"},
        {"router", &IsaacComponents::router, "of 4 tiles"},
        {"sigmoid", &IsaacComponents::sigmoid, "of a tile"},
        {"tile_shift_add", &IsaacComponents::tile_shift_add, "of a tile"},
        {"max_pool", &IsaacComponents::max_pool, "of a tile"},
        {"tile_output_register", &IsaacComponents::tile_output_register, "of a tile"},
        {"link", &IsaacComponents::link, "of the chip"},
    }};
    return all;
}

void fields(FieldVisitor& v, IsaacTable& table) {
    v.integer("bits", table.config.bits, {8, 16}, "of weights and inputs; arrays read one input bit a cycle: 16 or 8");
    v.flag("whole_arrays", table.config.whole_arrays,
           "also charge rows and columns of an array that no weight uses: components that are never off");
    v.time("cycle", table.config.cycle, "an array read, and the conversion of all its columns");
    for (std::size_t i = 0; i < table.entries.size(); ++i)
        v.cost(isaac_fields()[i].key, table.entries[i], required(isaac_fields()[i].help));
}

IsaacConfig isaac_config(const IsaacTable& table) {
    IsaacConfig config = table.config;
    for (std::size_t i = 0; i < table.entries.size(); ++i)
        config.components.*isaac_fields()[i].component = table.entries[i].component;
    return config;
}

} // namespace veilram
