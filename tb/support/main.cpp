// libsystemc brings a main of its own: ours replaces it, so that GoogleTest starts first.
#include "tb/support/sim_test.hpp"

#include <cstdlib>

int sc_main(int, char*[]) { return RUN_ALL_TESTS(); }

int main(int argc, char** argv) {
    ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
    ::testing::InitGoogleTest(&argc, argv);
    veilram::test::install_report_policy();
    return sc_core::sc_elab_and_sim(argc, argv);
}
