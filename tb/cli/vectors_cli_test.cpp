// Test vectors, as a user asks for them.
#include "tb/cli/cli_fixture.hpp"

namespace veilram::test {
namespace {

class VectorsCliTest : public CliTest {};

TEST_F(VectorsCliTest, AllBlocksOrOneAreWritten) {
    expect_success(veilram("export-vectors --block lfsr_converter --transactions 100 --seed 3 --out one"));
    for (const char* file : {"lfsr_converter_inputs.mem", "lfsr_converter_outputs.mem", "lfsr_converter_tb.sv"})
        EXPECT_TRUE(exists(std::string("one/") + file)) << file;
    EXPECT_FALSE(exists("one/gsl_selector_tb.sv"));

    const Outcome all = veilram("export-vectors --block all --transactions 100 --seed 3 --out every/one");
    expect_success(all);
    for (const char* block : {"gsl_selector", "sign_bit_converter", "lfsr_converter", "cls_adjust", "res_fsm"}) {
        EXPECT_TRUE(exists(std::string("every/one/") + block + "_tb.sv")) << block;
        EXPECT_THAT(all.out, HasSubstr(std::string(block) + ": "));
    }
    EXPECT_EQ(read_file(path("one/lfsr_converter_inputs.mem")), read_file(path("every/one/lfsr_converter_inputs.mem")));
}

TEST_F(VectorsCliTest, WhatIsWrongIsNamed) {
    expect_refusal("export-vectors --block adder --out v", "gsl_selector, ");
    EXPECT_FALSE(exists("v"));
    expect_refusal("export-vectors --out v --transactions 0", "--transactions");
    expect_refusal("export-vectors --out v --seed -1", "--seed");
    expect_refusal("export-vectors", "--out");
    write_file(path("file"), "");
    expect_refusal("export-vectors --out file/v", "file/v");
    fs::create_directories(path("taken/res_fsm_tb.sv"));
    expect_refusal("export-vectors --block res_fsm --transactions 10 --out taken", "res_fsm_tb.sv");
}

} // namespace
} // namespace veilram::test
