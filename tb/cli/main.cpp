#include "tb/cli/commands.hpp"

#include <systemc>

#include <cstdlib>
#include <iostream>

int sc_main(int argc, char* argv[]) { return veilram::run_program(argc, argv, std::cout, std::cerr); }

int main(int argc, char** argv) { // in place of libsystemc's, which would print its banner
    ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
    return sc_core::sc_elab_and_sim(argc, argv);
}
