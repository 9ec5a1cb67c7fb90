#include "tb/cosim/vector_testbench.hpp"

#include <sstream>

namespace veilram {
namespace {

void declare(std::ostream& out, const std::vector<Pin>& pins) {
    for (const Pin& pin : pins) out << "  logic [" << pin.bits - 1 << ":0] " << pin.name << ";\n";
}

void connect(std::ostream& out, const PinTable& table) {
    out << "  " << table.block << " dut (\n    .clk_i(clk_i),\n    .rst_ni(rst_ni)";
    for (const auto* pins : {&table.inputs, &table.outputs})
        for (const Pin& pin : *pins) out << ",\n    ." << pin.name << "(" << pin.name << ")";
    out << "\n  );\n";
}

/// Pins side by side, the last one first, as concatenations have it.
std::string concatenation(const std::vector<Pin>& pins) {
    std::string text;
    for (const Pin& pin : pins) text = pin.name + (text.empty() ? "" : ", " + text);
    return "{" + text + "}";
}

void compare(std::ostream& out, const std::vector<Pin>& pins) {
    std::size_t place = 0;
    for (const Pin& pin : pins) {
        const std::string expected =
            "expected[" + std::to_string(place + pin.bits - 1) + ":" + std::to_string(place) + "]";
        out << "      if (" << pin.name << " !== " << expected << ")\n"
            << "        $fatal(1, \"MISMATCH clock %0d%0s, time %0t ns: " << pin.name << " expected %h, got %h\",\n"
            << "               clock, moment, $time, " << expected << ", " << pin.name << ");\n";
        place += pin.bits;
    }
}

constexpr const char* kPlay = R"(
  initial begin
    $readmemh(InputFile, inputs, 0, Clocks - 1);
    $readmemh(OutputFile, outputs, 0, Clocks - 1);
    clk_i = 1'b0;
    rst_ni = 1'b1;
    for (clock = 1; clock <= Clocks; clock = clock + 1) begin
      line = inputs[clock-1];
      if (line[InputBits]) begin // without an edge: reset is asynchronous
        #1 rst_ni = 1'b0;
        #1 check(AfterReset, " in reset");
        rst_ni = 1'b1;
      end
      INPUTS = line[InputBits-1:0];
      #4 clk_i = 1'b1;
      #1 check(outputs[clock-1], "");
      #4 clk_i = 1'b0;
      #1 check(outputs[clock-1], " at the falling edge");
    end
    $display("PASS %0d clocks", Clocks);
    $finish;
  end

endmodule
)";

} // namespace

std::string vector_testbench(const PinTable& table, const VectorLines& lines) {
    const std::size_t inputs = PinTable::bits(table.inputs), outputs = PinTable::bits(table.outputs);
    std::ostringstream out;
    out << "// Plays test vectors to " << table.block << " and compares every output. In the folder of the vectors:\n"
        << "//   iverilog -g2012 -o " << table.block << ".vvp " << table.block << "_tb.sv <your " << table.block
        << ".sv>\n//   vvp " << table.block << ".vvp\n"
        << "`timescale 1ns/1ns\nmodule " << table.block << "_tb;\n\n"
        << "  localparam integer Clocks = " << lines.clocks << ", InputBits = " << inputs
        << ", OutputBits = " << outputs << ";\n"
        << "  localparam InputFile = \"" << lines.inputs << "\", OutputFile = \"" << lines.outputs << "\";\n"
        << "  localparam [OutputBits-1:0] AfterReset = " << outputs << "'h" << lines.after_reset << ";\n\n"
        << "  logic clk_i, rst_ni;\n";
    declare(out, table.inputs);
    declare(out, table.outputs);
    out << "\n";
    connect(out, table);
    out << "\n  logic [InputBits:0]    inputs [Clocks];\n  logic [OutputBits-1:0] outputs [Clocks];\n"
        << "  logic [InputBits:0]    line;\n  integer                clock;\n\n"
        << "  task check(input logic [OutputBits-1:0] expected, input [20*8-1:0] moment);\n    begin\n";
    compare(out, table.outputs);
    out << "    end\n  endtask\n";
    std::string play = kPlay;
    play.replace(play.find("INPUTS"), 6, concatenation(table.inputs));
    out << play;
    return out.str();
}

} // namespace veilram
