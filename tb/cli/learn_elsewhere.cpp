// `train` and `tune` of the program without libtorch: they hand over to veilram-learn, which lies beside it.
#include "models/base/diagnostics.hpp"
#include "tb/cli/commands.hpp"

#include <filesystem>
#include <ostream>
#include <system_error>
#include <unistd.h>

namespace veilram {
namespace {

/// Replaces this process. Returns only by throwing UserError when there is no such program.
void hand_over(const char* command, const FileArgs& args, std::ostream& out) {
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "veilram-learn";
    std::vector<std::string> words{program, command, args.config.config, "--out", args.out};
    for (const std::string& setting : args.config.settings) {
        words.emplace_back("--set");
        words.push_back(setting);
    }
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    out.flush();
    ::execv(program.c_str(), argv.data());
    throw UserError(std::string(command) + ": " + program +
                    " cannot be started; it is built where libtorch-dev is installed and VEILRAM_LEARN is ON");
}

} // namespace

void train_command(const FileArgs& args, std::ostream& out) { hand_over("train", args, out); }
void tune_command(const FileArgs& args, std::ostream& out) { hand_over("tune", args, out); }

} // namespace veilram
