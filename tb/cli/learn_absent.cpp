// `train` and `tune` in a program that was built without libtorch.
#include "models/base/diagnostics.hpp"
#include "tb/cli/commands.hpp"

namespace veilram {
namespace {

[[noreturn]] void refuse(const char* command) {
    throw UserError(std::string(command) +
                    ": this veilram was built without libtorch: install libtorch-dev and build with VEILRAM_LEARN=ON");
}

} // namespace

void train_command(const FileArgs&, std::ostream&) { refuse("train"); }
void tune_command(const FileArgs&, std::ostream&) { refuse("tune"); }

} // namespace veilram
