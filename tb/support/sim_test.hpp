// Base of every test that touches the kernel.
#pragma once

#include <gtest/gtest.h>
#include <systemc>

#include <functional>

namespace veilram::test {

/// Exactly one kernel test may run per process; CTest runs each in its own.
class SimTest : public ::testing::Test {
protected:
    SimTest();
    /// Runs until somebody calls sc_stop(). Starvation, a time-out or a report is a failure.
    static void run(const sc_core::sc_time& limit);
};

/// Runs `body` in a thread, then stops the simulation. The body may wait.
class Bench : public sc_core::sc_module {
public:
    std::function<void()> body;

    SC_HAS_PROCESS(Bench);
    explicit Bench(const sc_core::sc_module_name& name);

private:
    void run_thread();
};

/// Turns unannounced warnings, errors and fatals into test failures.
void install_report_policy();

} // namespace veilram::test
