// The commands that need libtorch, in the program without it: it hands over to veilram-learn, which lies beside it.
#include "models/base/diagnostics.hpp"
#include "tb/cli/commands.hpp"
#include "tb/cli/sfge_key.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <unistd.h>

namespace veilram {
namespace {

/// The words of this process's command line.
std::vector<std::string> command_line() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::vector<std::string> words;
    for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
    return words;
}

/// Replaces this process. Returns only by throwing UserError when there is no such program.
[[noreturn]] void hand_over(const std::string& what) {
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "veilram-learn";
    std::vector<std::string> words = command_line();
    words.at(0) = program;
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    std::cout.flush();
    ::execv(program.c_str(), argv.data());
    throw UserError(what + ": " + program +
                    " cannot be started; it is built where libtorch-dev is installed and VEILRAM_LEARN is ON");
}

} // namespace

void train_command(const FileArgs& /*args*/, std::ostream& /*out*/) { hand_over("train"); }
void tune_command(const FileArgs& /*args*/, std::ostream& /*out*/) { hand_over("tune"); }
GradientsOf image_gradients(const RunConfig& /*config*/) { hand_over("gradients for sfge"); }

} // namespace veilram
