#include "tb/cli/commands.hpp"

#include <systemc>

#include <cstdlib>
#include <iostream>
#include <limits>
#include <malloc.h>

namespace {

/// Every layer needs tensors of some megabytes for a moment: kept, they need not be mapped and cleared each time anew
/// (docs/performance.md).
void keep_freed_memory() {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 32 << 20); // the most that glibc takes
    mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

} // namespace

int sc_main(int argc, char* argv[]) { return veilram::run_program(argc, argv, std::cout, std::cerr); }

int main(int argc, char** argv) { // in place of libsystemc's, which would print its banner
    keep_freed_memory();
    ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
    using sc_core::sc_report_handler;
    sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING); // the kernel's small talk
    for (const auto severity : {sc_core::SC_ERROR, sc_core::SC_FATAL}) // run_program tells; FATAL would abort unseen
        sc_report_handler::set_actions(severity, sc_core::SC_CACHE_REPORT | sc_core::SC_THROW);
    return sc_core::sc_elab_and_sim(argc, argv);
}
