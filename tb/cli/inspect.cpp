#include "models/image/image.hpp"
#include "models/image/level_image.hpp"
#include "tb/cli/commands.hpp"
#include "tb/cli/run_config.hpp"

#include <iomanip>
#include <ostream>

namespace veilram {
namespace {

void print_header(const Program& program, std::ostream& out) {
    out << "network    " << program.graph.name << ", input " << to_string(program.graph.in_shape) << "\n"
        << "image      format " << program.format << ", version " << program.version << "\n"
        << "crossbars  " << program.crossbar_count() << " of " << program.array.rows << "x" << program.array.cols
        << ", segments of " << program.array.segment << ", n = " << program.n << "\n"
        << "converter  " << name_of(program.converter.kind) << ", adc " << program.adc.bits << " bit\n"
        << "signs      " << name_of(program.signs.mode);
    if (program.signs.mode == SignMode::masked) out << " (" << name_of(program.signs.generator) << ")";
    out << "\n";
}

void print_layers(const MemoryPart& memory, const Program& program, std::ostream& out) {
    out << "layer  node                  operator  inputs  outputs  crossbars  sealed bytes\n";
    const std::vector<std::size_t> nodes = matrix_nodes(program.graph);
    for (std::size_t i = 0; i < program.layers.size(); ++i) {
        const Node& node = program.graph.nodes[nodes[i]];
        const MatrixShape shape = matrix_shape(node.op);
        out << std::setw(5) << i << "  " << std::left << std::setw(20) << node.name << "  " << std::setw(8)
            << op_name(node.op) << std::right << std::setw(8) << shape.inputs << std::setw(9)
            << shape.groups * shape.outputs << std::setw(11) << program.layers[i].crossbars.size() << std::setw(14)
            << memory.sealed[i].size() << "\n";
    }
}

void print_level_image(const LevelImage& image, std::ostream& out) {
    const LevelProgram& program = image.program;
    out << "network    " << program.graph.name << ", input " << to_string(program.graph.in_shape) << "\n"
        << "image      format " << kLevelFormat << ", version " << program.version << "\n"
        << "cells      one 8-bit level and a sign for each weight, "
        << (program.encrypted ? "some of them wrong" : "in clear") << "\n"
        << "layer  node                  operator    weights  sealed bytes\n";
    const std::vector<std::size_t> nodes = matrix_nodes(program.graph);
    for (std::size_t l = 0; l < nodes.size(); ++l) {
        const Node& node = program.graph.nodes[nodes[l]];
        out << std::setw(5) << l << "  " << std::left << std::setw(20) << node.name << "  " << std::setw(8)
            << op_name(node.op) << std::right << std::setw(11) << image.levels[l].q.size() << std::setw(14)
            << (l < image.sealed.size() ? image.sealed[l].size() : 0) << "\n";
    }
}

} // namespace

void inspect_command(const std::string& image_file, std::ostream& out) {
    if (is_level_image(image_file)) return print_level_image(read_level_image(image_file), out);
    const ImageFile image(image_file);
    print_header(image.program(), out);
    print_layers(image.memory(), image.program(), out);
}

} // namespace veilram
