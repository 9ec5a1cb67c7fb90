// Exported vectors, in another simulator than ours.
#include "models/base/file.hpp"
#include "tb/cosim/vectors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>

namespace veilram::test {
namespace {
namespace fs = std::filesystem;

int shell(const std::string& command) {
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class VectorsTest : public ::testing::TestWithParam<const CosimBlock*> {
protected:
    VectorsTest() { fs::create_directories(folder); }
    ~VectorsTest() override { fs::remove_all(folder); }

    std::string text(const std::string& name) const { return read_file((folder / name).string()); }
    /// Compiles testbench and module and runs them; their output is in log.txt.
    int simulate(const VectorFiles& files, const std::string& rtl) const {
        return shell("cd '" + folder.string() + "' && iverilog -g2012 -o tb.vvp " + files.testbench + " '" + rtl +
                     "' > log.txt 2>&1 && vvp tb.vvp >> log.txt 2>&1");
    }

    const CosimBlock& block = *GetParam();
    const fs::path folder =
        fs::temp_directory_path() / ("veilram_vectors_" + std::string(block.table->block) + std::to_string(::getpid()));
};

TEST_P(VectorsTest, AnotherSimulatorAgreesAndSeesWhatIsWrong) {
    if (shell("command -v iverilog > /dev/null") != 0) GTEST_SKIP() << "there is no Icarus (package 'iverilog')";
    const VectorFiles files = export_vectors(block, 500, 1, folder.string());
    const std::string rtl = std::string(VEILRAM_SOURCE_DIR) + "/" + block.rtl;
    EXPECT_EQ(simulate(files, rtl), 0) << text("log.txt");
    EXPECT_THAT(text("log.txt"), ::testing::HasSubstr("PASS " + std::to_string(files.clocks) + " clocks"));

    std::string outputs = text(files.outputs);
    const std::size_t middle = outputs.find('\n', outputs.size() / 2) - 1; // the last digit of a line,
    // whose lowest bit is that of the first pin
    outputs[middle] = "1032547698badcfe"[std::string("0123456789abcdef").find(outputs[middle])];
    write_file((folder / files.outputs).string(), outputs);
    EXPECT_NE(simulate(files, rtl), 0);
    EXPECT_THAT(text("log.txt"), ::testing::HasSubstr("MISMATCH clock "));
    EXPECT_THAT(text("log.txt"), ::testing::HasSubstr(std::string(block.table->outputs[0].name) + " expected "));
}

class RippleTest : public VectorsTest {};

TEST_P(RippleTest, BothWaysToCountAgree) {
    const std::string parameter = "parameter Ripple = 0";
    std::string rtl = read_file(std::string(VEILRAM_SOURCE_DIR) + "/" + block.rtl);
    ASSERT_NE(rtl.find(parameter), std::string::npos);
    if (shell("command -v iverilog > /dev/null") != 0) GTEST_SKIP() << "there is no Icarus (package 'iverilog')";
    write_file((folder / "ripple.sv").string(),
               rtl.replace(rtl.find(parameter), parameter.size(), "parameter Ripple = 1"));
    EXPECT_EQ(simulate(export_vectors(block, 500, 2, folder.string()), "ripple.sv"), 0) << text("log.txt");
}

TEST_P(VectorsTest, ASeedGivesTheSameFilesAndAnotherOneOthers) {
    const VectorFiles files = export_vectors(block, 200, 1, folder.string());
    const std::string inputs = text(files.inputs), outputs = text(files.outputs);
    EXPECT_EQ(std::count(inputs.begin(), inputs.end(), '\n'), files.clocks);
    EXPECT_EQ(std::count(outputs.begin(), outputs.end(), '\n'), files.clocks);
    export_vectors(block, 200, 1, folder.string());
    EXPECT_EQ(text(files.inputs), inputs);
    EXPECT_EQ(text(files.outputs), outputs);
    export_vectors(block, 200, 2, folder.string());
    EXPECT_NE(text(files.inputs), inputs);
}

INSTANTIATE_TEST_SUITE_P(SignBitConverter, RippleTest, ::testing::Values(&cosim_block("sign_bit_converter")));

INSTANTIATE_TEST_SUITE_P(Blocks, VectorsTest, ::testing::ValuesIn(chosen_blocks("all")),
                         [](const auto& block) { return std::string(block.param->table->block); });

} // namespace
} // namespace veilram::test
